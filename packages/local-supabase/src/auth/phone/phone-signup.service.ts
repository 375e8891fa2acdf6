import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { USER_ROLE } from '../signup/new-user.ts';
import type { NewUsers } from '../signup/new-users.ts';
import { obfuscatedUser } from '../signup/obfuscated-user.ts';
import { auditUser } from '../users/audit.ts';
import { insertIdentity } from '../users/identities.repository.ts';
import { checkStrength, hashPassword } from '../users/password.ts';
import { userJson } from '../users/user-json.ts';
import { findUserByPhone, getUser, lockUser, type NewUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';
import type { PhoneCodeService } from './phone-code.service.ts';
import { confirmPhone, phoneClaims } from './phone-state.ts';

/** What signs somebody up by his phone. `phone` has digits only. */
export interface PhoneSignup {
  phone: string;
  password: string;
  data: JsonObject;
}

/** Sign-up by phone and password. */
export class PhoneSignupService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #codes: PhoneCodeService;
  readonly #newUsers: NewUsers;

  constructor(
    config: AuthConfig,
    database: Database,
    issuer: SessionIssuer,
    codes: PhoneCodeService,
    newUsers: NewUsers,
  ) {
    this.#newUsers = newUsers;
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#codes = codes;
  }

  /** Signs up: a session where numbers need no confirmation, else the user. */
  async signUp(signup: PhoneSignup, info: RequestInfo): Promise<TokenResponse | Record<string, unknown>> {
    if (!this.#config.enableSignup) throw refuse.signupDisabled();
    if (signup.password === '') throw refuse.validation('Signup requires a valid password');
    checkStrength(signup.password, this.#config.password);
    if (!this.#config.phone.enabled) throw refuse.phoneSignupsDisabled();
    const hash = await hashPassword(signup.password, this.#config.password);
    const owner = await findUserByPhone(this.#database.pool, signup.phone, info.audience);
    if (owner?.phone_confirmed_at) return this.#alreadyRegistered(signup, info);
    const newcomer = phoneUser(signup, hash, info);
    try {
      return await this.#database.transaction(async (tx) => {
        const existing = owner && (await lockUser(tx, owner.id));
        const user = existing ?? (await this.#create(tx, newcomer, info));
        return this.#confirmOrAsk(tx, user, signup.phone, info);
      });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (!violates(cause, 'users_phone_key')) throw error;
      return this.#alreadyRegistered(signup, info);
    }
  }

  async #create(tx: Executor, newcomer: NewUser, info: RequestInfo): Promise<AuthUser> {
    await this.#newUsers.create(tx, newcomer, info);
    await insertIdentity(tx, newcomer.id, 'phone', phoneClaims(newcomer.id, newcomer.phone ?? ''));
    return getUser(tx, newcomer.id);
  }

  async #confirmOrAsk(
    tx: Executor,
    user: AuthUser,
    phone: string,
    info: RequestInfo,
  ): Promise<TokenResponse | Record<string, unknown>> {
    if (this.#config.phone.autoconfirm) {
      await auditUser(tx, info, user, 'user_signedup', { provider: 'phone', channel: 'sms' });
      await confirmPhone(tx, user);
      await auditUser(tx, info, user, 'login', { provider: 'phone' });
      return this.#issuer.open(tx, user.id, 'password', info);
    }
    await auditUser(tx, info, user, 'user_confirmation_requested', { provider: 'phone' });
    await this.#codes.issue(tx, user, phone, 'confirmation', info);
    return userJson(await getUser(tx, user.id));
  }

  async #alreadyRegistered(signup: PhoneSignup, info: RequestInfo): Promise<Record<string, unknown>> {
    const { pool } = this.#database;
    const user = await findUserByPhone(pool, signup.phone, info.audience);
    if (user) await auditUser(pool, info, user, 'user_repeated_signup', { provider: 'phone' });
    if (this.#config.phone.autoconfirm) throw refuse.userExists();
    return obfuscatedUser({ id: randomUUID(), phone: signup.phone, aud: info.audience, data: signup.data });
  }
}

function phoneUser(signup: PhoneSignup, hash: string, info: RequestInfo): NewUser {
  const id = randomUUID();
  return {
    id,
    aud: info.audience,
    role: USER_ROLE,
    email: null,
    phone: signup.phone,
    encryptedPassword: hash,
    appMetadata: { provider: 'phone', providers: ['phone'] },
    userMetadata: { ...signup.data, ...phoneClaims(id, signup.phone) },
    isAnonymous: false,
  };
}
