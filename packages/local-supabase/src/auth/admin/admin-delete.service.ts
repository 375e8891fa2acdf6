import { createHash } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { deleteFactorsOf } from '../mfa/factors.repository.ts';
import { deletePasskeysOf } from '../passkeys/passkeys.repository.ts';
import { deleteSessionsOf } from '../sessions/sessions.repository.ts';
import { clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { auditAdmin, traitsOf } from '../users/audit.ts';
import { obfuscateIdentity } from '../users/identities.repository.ts';
import { deleteUser, lockUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';

/** Deletion by an administrator. */
export class AdminDeleteService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Removes the user; softly, his id stays and everything that told who he was is gone. */
  async delete(role: string, userId: string, softly: boolean, info: RequestInfo): Promise<void> {
    await this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      if (user === undefined) throw refuse.userNotFound();
      await auditAdmin(tx, info, role, 'user_deleted', traitsOf(user));
      if (!softly) await deleteUser(tx, userId);
      else if (user.deleted_at === null) await obfuscate(tx, user);
    });
  }
}

async function obfuscate(tx: Executor, user: AuthUser): Promise<void> {
  await updateUser(tx, user.id, {
    email: digest(user.id, user.email ?? ''),
    phone: digest(user.id, user.phone ?? '').slice(0, 15),
    email_change: digest(user.id, user.email_change ?? ''),
    phone_change: digest(user.id, user.phone_change ?? '').slice(0, 15),
    encrypted_password: null,
    confirmation_token: '',
    recovery_token: '',
    email_change_token_current: '',
    email_change_token_new: '',
    phone_change_token: '',
    deleted_at: new Date(),
    raw_user_meta_data: {},
    raw_app_meta_data: {},
  });
  await clearOneTimeTokens(tx, user.id);
  for (const identity of user.identities) {
    await obfuscateIdentity(tx, identity.id, digest(user.id, `${identity.provider}:${identity.provider_id}`));
  }
  await deleteFactorsOf(tx, user.id);
  await deletePasskeysOf(tx, user.id);
  await deleteSessionsOf(tx, user.id);
}

function digest(userId: string, value: string): string {
  return createHash('sha256').update(`${userId}${value}`).digest('base64url');
}
