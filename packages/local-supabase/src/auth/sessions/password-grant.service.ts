import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { auditUser } from '../users/audit.ts';
import { verifyPassword, weakness } from '../users/password.ts';
import { plainPhone } from '../phone/phone-number.ts';
import { findUserByEmail, findUserByPhone } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import { deleteSessionsOf } from './sessions.repository.ts';
import type { SessionIssuer, TokenResponse } from './session-issuer.ts';

/** Compared when there is no such user, so that the answer takes as long as for a wrong password. */
const DECOY_HASH = '$2b$10$VHS9t0.5UzmS2oAeocrqMuTIlQYp9c3ZYGn9/4EnecQvEi89DRuu6';

/** The password grant. */
export class PasswordGrantService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;

  readonly #hooks: AuthHooks;

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer, hooks: AuthHooks) {
    this.#hooks = hooks;
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
  }

  /** Signs in by address, or phone, and password. Somebody unknown and a wrong password are the same refusal. */
  async signIn(
    credentials: { email: string; phone: string; password: string },
    info: RequestInfo,
  ): Promise<TokenResponse> {
    const { email, phone, password } = credentials;
    if (email !== '' && phone !== '') {
      throw refuse.validation('Only an email address or phone number should be provided on login.');
    }
    const user = await this.#find(email, phone, info.audience);
    const correct = await verifyPassword(password, user?.encrypted_password ?? DECOY_HASH);
    if (!user?.encrypted_password) throw refuse.invalidCredentials();
    if (isBanned(user)) throw refuse.banned(400);
    const rejection = await this.#hooks.passwordAttempt(user.id, correct, info);
    if (rejection?.logout) await deleteSessionsOf(this.#database.pool, user.id);
    if (rejection) throw new AuthError(400, 'invalid_credentials', rejection.message);
    if (!correct) throw refuse.invalidCredentials();
    const provider = email === '' ? 'phone' : 'email';
    if (provider === 'email' && user.email_confirmed_at === null) throw refuse.emailNotConfirmed();
    if (provider === 'phone' && user.phone_confirmed_at === null) throw refuse.phoneNotConfirmed();
    const response = await this.#database.transaction(async (tx) => {
      await auditUser(tx, info, user, 'login', { provider });
      return this.#issuer.open(tx, user.id, 'password', info);
    });
    const weak = weakness(password, this.#config.password);
    return weak === undefined ? response : { ...response, weak_password: weak };
  }

  #find(email: string, phone: string, audience: string): Promise<AuthUser | undefined> {
    if (email !== '') {
      if (!this.#config.email.enabled) throw refuse.emailLoginsDisabled(422);
      return findUserByEmail(this.#database.pool, email, audience);
    }
    if (phone === '') throw refuse.validation('missing email or phone');
    if (!this.#config.phone.enabled) throw refuse.phoneLoginsDisabled(422);
    return findUserByPhone(this.#database.pool, plainPhone(phone), audience);
  }
}
