import type { Database, Mail } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { PhoneCodeService } from '../phone/phone-code.service.ts';
import { readPhone } from '../phone/phone-number.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { auditUser } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { findUserByEmail, findUserByPhone, lockUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import { rememberChallenge } from './remember-challenge.ts';

/** What to send again, and to whom: the user with this address, or with this number. */
export interface ResendRequest {
  readonly type: string;
  readonly email: string;
  readonly phone: string;
  /** Of mails only. */
  readonly challenge: Challenge | undefined;
}

const TYPES: readonly string[] = ['signup', 'email_change', 'sms', 'phone_change'];

/** The mail or the code of a sign-up or a change, once more, if that is still open. */
export class ResendService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #mail: OneTimeMailService;
  readonly #phoneCodes: PhoneCodeService;

  constructor(
    config: AuthConfig,
    database: Database,
    mail: OneTimeMailService,
    phoneCodes: PhoneCodeService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#mail = mail;
    this.#phoneCodes = phoneCodes;
  }

  /** Answers the message's id where one went to a phone. Nothing tells whether the user is known. */
  async resend(request: ResendRequest, info: RequestInfo): Promise<string | undefined> {
    const user = await this.#find(request, info.audience);
    if (user === undefined) return undefined;
    const { mails, messageId } = await this.#database.transaction(async (tx) => {
      const current = await lockUser(tx, user.id);
      if (current === undefined) return { mails: [], messageId: undefined };
      if (request.type === 'signup' || request.type === 'email_change') {
        return { mails: await this.#mails(tx, current, request, info), messageId: undefined };
      }
      return { mails: [], messageId: await this.#message(tx, current, request, info) };
    });
    await this.#mail.deliver(mails);
    return messageId;
  }

  #find({ type, email, phone }: ResendRequest, audience: string): Promise<AuthUser | undefined> {
    if (!TYPES.includes(type)) throw refuse.validation(`Missing one of these types: ${TYPES.join(', ')}`);
    if (type === 'signup' && email === '') throw refuse.validation('Type provided requires an email address');
    if (type === 'sms' && phone === '') throw refuse.validation('Type provided requires a phone number');
    if (email !== '' && phone !== '') {
      throw refuse.validation('Only an email address or phone number should be provided.');
    }
    if (email !== '') {
      if (!this.#config.email.enabled) throw refuse.emailLoginsDisabled(400);
      return findUserByEmail(this.#database.pool, readEmail(email), audience);
    }
    if (phone === '') throw refuse.validation('Missing email address or phone number');
    if (!this.#config.phone.enabled) throw refuse.phoneLoginsDisabled(400);
    return findUserByPhone(this.#database.pool, readPhone(phone), audience);
  }

  async #mails(
    tx: Executor,
    user: AuthUser,
    { type, challenge }: ResendRequest,
    info: RequestInfo,
  ): Promise<Mail[]> {
    const pkce = challenge !== undefined;
    if (type === 'signup' && user.email_confirmed_at === null) {
      await auditUser(tx, info, user, 'user_confirmation_requested');
      await rememberChallenge(tx, user, challenge, 'email/signup');
      return this.#mail.confirmation(tx, user, pkce, info);
    }
    if (type === 'email_change' && user.email_change) {
      await rememberChallenge(tx, user, challenge, 'email_change');
      return this.#mail.emailChange(tx, user, user.email_change, pkce, info);
    }
    return [];
  }

  async #message(
    tx: Executor,
    user: AuthUser,
    { type }: ResendRequest,
    info: RequestInfo,
  ): Promise<string | undefined> {
    if (type === 'phone_change') {
      if (!user.phone_change) return undefined;
      return this.#phoneCodes.issue(tx, user, user.phone_change, 'phone_change', info);
    }
    if (user.phone_confirmed_at !== null) return undefined;
    await auditUser(tx, info, user, 'user_recovery_requested');
    return this.#phoneCodes.issue(tx, user, user.phone ?? '', 'confirmation', info);
  }
}
