import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import { listAmr } from '../sessions/sessions.repository.ts';
import { hashCode, isExpired, matchesToken } from '../tokens/one-time-code.ts';
import { clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { verifyPassword } from './password.ts';
import { lockUser, updateUser } from './users.repository.ts';

const DAY = 24 * 60 * 60_000;
/** Sessions opened from a mail: their user may not know his password. */
const RECOVERY_METHODS = new Set(['otp', 'magiclink', 'recovery']);

/** Decides whether a signed-in user may set a new password. */
export class PasswordChangePolicy {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /** Refuses with the reason GoTrue gives. A nonce is used up by it. */
  async check(
    principal: Principal,
    change: { newPassword: string; currentPassword: string; nonce: string },
  ): Promise<void> {
    const { user, session } = principal;
    const isOld = session === undefined || Date.now() > session.created_at.getTime() + DAY;
    if (this.#config.email.securePasswordChange && isOld) await this.#useNonce(user.id, change.nonce);
    if (change.newPassword === '' || !user.encrypted_password) return;
    if (this.#config.email.requireCurrentPassword && !(await this.#isRecovery(session?.id))) {
      if (change.currentPassword === '') throw refuse.currentPasswordRequired();
      if (!(await verifyPassword(change.currentPassword, user.encrypted_password))) {
        throw refuse.currentPasswordInvalid();
      }
    }
    if (await verifyPassword(change.newPassword, user.encrypted_password)) throw refuse.samePassword();
  }

  async #useNonce(userId: string, nonce: string): Promise<void> {
    if (nonce === '') throw refuse.reauthenticationNeeded();
    await this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      const hash = hashCode(user?.email ?? user?.phone ?? '', nonce);
      if (
        user === undefined ||
        isExpired(user.reauthentication_sent_at, this.#config.email.otpExpiry) ||
        !matchesToken(hash, user.reauthentication_token)
      ) {
        throw refuse.nonceInvalid();
      }
      await updateUser(tx, userId, { reauthentication_token: '' });
      await clearOneTimeTokens(tx, userId);
    });
  }

  async #isRecovery(sessionId: string | undefined): Promise<boolean> {
    if (sessionId === undefined) return false;
    const amr = await listAmr(this.#database.pool, sessionId);
    return amr.some((entry) => RECOVERY_METHODS.has(entry.method));
  }
}
