import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { addEmailIdentity } from '../signup/new-user.ts';
import { auditAdmin, traitsOf } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { findIdentity, insertIdentity, mergeIdentityData } from '../users/identities.repository.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { checkStrength, hashPassword } from '../users/password.ts';
import { clearPending, confirmEmail, storePassword } from '../users/user-state.ts';
import { getUser, lockUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { AdminUserInput } from './admin-user.types.ts';
import { bannedUntil } from './duration-ban.ts';
import { readPhone } from '../phone/phone-number.ts';

/** Changes of a user by an administrator: at once, without any confirmation. */
export class AdminUpdateService {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  async update(role: string, userId: string, request: AdminUserInput, info: RequestInfo): Promise<AuthUser> {
    const input = {
      ...request,
      email: request.email === '' ? '' : readEmail(request.email),
      phone: request.phone === '' ? '' : readPhone(request.phone),
    };
    const banned = bannedUntil(input.banDuration);
    if (input.password !== undefined) checkStrength(input.password, this.#config.password);
    const hash =
      input.password === undefined ? undefined : await hashPassword(input.password, this.#config.password);
    try {
      return await this.#database.transaction(async (tx) => {
        const user = await lockUser(tx, userId);
        if (user === undefined) throw refuse.userNotFound();
        if (input.emailConfirm) await confirmEmail(tx, user);
        if (hash !== undefined) await storePassword(tx, userId, hash, undefined);
        if (input.email !== '') await setEmail(tx, user, input.email, input.emailConfirm);
        if (input.phone !== '') await setPhone(tx, user, input.phone, input.phoneConfirm);
        if (input.email !== '' || input.phone !== '') await clearPending(tx, userId);
        await applyColumns(tx, await getUser(tx, userId), input, banned);
        await auditAdmin(tx, info, role, 'user_modified', traitsOf(user));
        return getUser(tx, userId);
      });
    } catch (error) {
      if (violates(error, 'users_email_partial_key')) throw refuse.emailExists();
      if (violates(error, 'users_phone_key')) throw refuse.phoneExists();
      throw error;
    }
  }
}

async function setEmail(tx: Executor, user: AuthUser, email: string, confirmed: boolean): Promise<void> {
  const identity = await findIdentity(tx, 'email', user.id);
  if (identity === undefined) await addEmailIdentity(tx, user.id, email, confirmed);
  else await mergeIdentityData(tx, identity.id, { email, email_verified: confirmed });
  await updateUser(tx, user.id, { email, ...(user.is_anonymous && confirmed && { is_anonymous: false }) });
}

async function setPhone(tx: Executor, user: AuthUser, phone: string, confirmed: boolean): Promise<void> {
  const claims = { email_verified: false, phone, phone_verified: confirmed, sub: user.id };
  const identity = await findIdentity(tx, 'phone', user.id);
  if (identity === undefined) await insertIdentity(tx, user.id, 'phone', claims);
  else await mergeIdentityData(tx, identity.id, { phone, phone_verified: confirmed });
  await updateUser(tx, user.id, { phone, ...(user.is_anonymous && confirmed && { is_anonymous: false }) });
}

async function applyColumns(
  tx: Executor,
  user: AuthUser,
  input: AdminUserInput,
  banned: Date | null | undefined,
): Promise<void> {
  await updateUser(tx, user.id, {
    ...(input.role !== '' && { role: input.role }),
    ...(input.phoneConfirm && { phone_confirmed_at: new Date() }),
    ...(input.appMetadata && { raw_app_meta_data: mergeMetadata(user.raw_app_meta_data, input.appMetadata) }),
    ...(input.userMetadata && {
      raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, input.userMetadata),
    }),
    ...(banned !== undefined && { banned_until: banned }),
  });
}
