import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { hashCode, isExpired, matchesToken } from '../tokens/one-time-code.ts';
import { auditUser } from '../users/audit.ts';
import { randomPassword } from '../users/password.ts';
import { syncProviders } from '../users/user-state.ts';
import { findUserByPhone, findUserByPhoneChange, getUser, lockUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser, type JsonObject } from '../users/user.types.ts';
import { checkChannel, TEST_MESSAGE_ID, type PhoneCodeService } from './phone-code.service.ts';
import { isPhone, plainPhone, readPhone } from './phone-number.ts';
import type { PhoneSignupService } from './phone-signup.service.ts';
import { applyPhoneChange, confirmPhone } from './phone-state.ts';

/** What a code to a phone proves. */
export type PhoneVerificationType = 'sms' | 'phone_change';

/** How a code was sent, in the audit log. */
const BY_SMS = { channel: 'sms' };

/** Codes to phones: asked for, and verified. */
export class PhoneOtpService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #codes: PhoneCodeService;
  readonly #signup: PhoneSignupService;
  readonly #notifications: NotificationService;

  constructor(
    config: AuthConfig,
    database: Database,
    issuer: SessionIssuer,
    codes: PhoneCodeService,
    signup: PhoneSignupService,
    notifications: NotificationService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#codes = codes;
    this.#signup = signup;
    this.#notifications = notifications;
  }

  /** Sends a code to sign in, signing up first whoever is new, unless `createUser` is false. Answers the message's id. */
  async request(
    request: { phone: string; channel: string; data: JsonObject; createUser: boolean },
    info: RequestInfo,
  ): Promise<string | undefined> {
    const { pool } = this.#database;
    // Whoever may not be signed up is told so first, whatever else is wrong.
    if (!request.createUser) {
      const number = plainPhone(request.phone);
      const known = isPhone(number) && (await findUserByPhone(pool, number, info.audience));
      if (!known) throw refuse.otpDisabled();
    }
    if (!this.#config.phone.enabled) throw refuse.phoneUnsupported();
    const phone = readPhone(request.phone);
    checkChannel(request.channel, this.#config);
    const user = await findUserByPhone(pool, phone, info.audience);
    if (user?.phone_confirmed_at) return this.#send(user.id, phone, info);
    const password = `aA1!${randomPassword()}`;
    await this.#signup.signUp({ phone, password, data: request.data }, info);
    // Where sign-up asks for a confirmation, its code is this one already.
    if (!this.#config.phone.autoconfirm) return undefined;
    const created = await findUserByPhone(pool, phone, info.audience);
    return created && this.#send(created.id, phone, info);
  }

  /** A session for a right code. */
  async verify(
    request: { type: PhoneVerificationType; phone: string; code: string },
    info: RequestInfo,
  ): Promise<TokenResponse> {
    return this.#database.transaction(async (tx) => {
      const user = await this.#owner(tx, request.type, request.phone, info.audience);
      if (isBanned(user)) throw refuse.banned(403);
      if (!this.#isRight(user, request)) throw refuse.otpExpired();
      if (request.type === 'sms') {
        await auditUser(tx, info, user, 'user_signedup', { provider: 'phone' });
        await confirmPhone(tx, user);
      } else {
        await auditUser(tx, info, user, 'user_modified');
        await applyPhoneChange(tx, user, request.phone);
        await this.#notifications.phoneChanged(tx, user, info);
      }
      await syncProviders(tx, await getUser(tx, user.id));
      return this.#issuer.open(tx, user.id, 'otp', info);
    });
  }

  async #owner(tx: Executor, type: PhoneVerificationType, phone: string, aud: string): Promise<AuthUser> {
    const find = type === 'sms' ? findUserByPhone : findUserByPhoneChange;
    const found = await find(tx, phone, aud);
    const user = found && (await lockUser(tx, found.id));
    if (user === undefined) throw refuse.otpExpired();
    return user;
  }

  /** A code of the configuration is always right, as often as it is used: tests need not ask for it. */
  #isRight(user: AuthUser, request: { type: PhoneVerificationType; phone: string; code: string }): boolean {
    if (this.#config.phone.testCodes.get(request.phone) === request.code) return true;
    const [expected, sentAt] =
      request.type === 'sms'
        ? [user.confirmation_token, user.confirmation_sent_at]
        : [user.phone_change_token, user.phone_change_sent_at];
    if (isExpired(sentAt, this.#config.phone.otpExpiry)) return false;
    return matchesToken(hashCode(request.phone, request.code), expected);
  }

  #send(userId: string, phone: string, info: RequestInfo): Promise<string> {
    return this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      if (user === undefined) return TEST_MESSAGE_ID;
      await auditUser(tx, info, user, 'user_recovery_requested', BY_SMS);
      return this.#codes.issue(tx, user, phone, 'confirmation', info);
    });
  }
}
