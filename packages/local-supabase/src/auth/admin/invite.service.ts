import type { Database } from '../../context.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import { addEmailIdentity, EmailTakenError, emailUser } from '../signup/new-user.ts';
import type { NewUsers } from '../signup/new-users.ts';
import { auditAdmin } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { findUserByEmail, getUser, lockUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';

/** Invitations by mail. */
export class InviteService {
  readonly #database: Database;
  readonly #mail: OneTimeMailService;

  readonly #newUsers: NewUsers;

  constructor(database: Database, mail: OneTimeMailService, newUsers: NewUsers) {
    this.#newUsers = newUsers;
    this.#database = database;
    this.#mail = mail;
  }

  /** Invites an address, again if need be; refused once its user has confirmed it. */
  async invite(
    role: string,
    invitation: { email: string; data: JsonObject },
    info: RequestInfo,
  ): Promise<AuthUser> {
    const email = readEmail(invitation.email);
    const known = await findUserByEmail(this.#database.pool, email, info.audience);
    try {
      const { user, mails } = await this.#database.transaction(async (tx) => {
        const guest =
          (known && (await lockUser(tx, known.id))) ??
          (await addGuest(tx, this.#newUsers, { email, data: invitation.data }, info));
        if (guest.email_confirmed_at !== null) throw refuse.emailExists();
        await auditAdmin(tx, info, role, 'user_invited', {
          user_id: guest.id,
          user_email: guest.email ?? '',
        });
        const mails = await this.#mail.invite(tx, guest, info);
        return { user: await getUser(tx, guest.id), mails };
      });
      await this.#mail.deliver(mails);
      return user;
    } catch (error) {
      throw error instanceof EmailTakenError ? refuse.emailExists() : error;
    }
  }
}

/** A user with an address and no password yet. */
export async function addGuest(
  tx: Executor,
  newUsers: NewUsers,
  { email, data }: { email: string; data: JsonObject },
  info: RequestInfo,
): Promise<AuthUser> {
  const guest = emailUser({ email, passwordHash: '', aud: info.audience, data });
  const user = await newUsers.create(tx, guest, info);
  await addEmailIdentity(tx, user.id, email);
  return getUser(tx, user.id);
}
