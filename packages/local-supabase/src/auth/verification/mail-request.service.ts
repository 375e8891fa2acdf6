import type { Database, Mail } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { PhoneCodeService } from '../phone/phone-code.service.ts';
import type { SignupService } from '../signup/signup.service.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { auditUser } from '../users/audit.ts';
import { isEmail, readEmail } from '../users/email-address.ts';
import { randomPassword } from '../users/password.ts';
import { findUserByEmail, lockUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';
import type { Executor } from '../database/executor.ts';
import { rememberChallenge } from './remember-challenge.ts';

/** Requests that end in a mail: a new password, a sign-in link, a code to prove it is you. */
export class MailRequestService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #mail: OneTimeMailService;
  readonly #signup: SignupService;
  readonly #phoneCodes: PhoneCodeService;

  constructor(
    config: AuthConfig,
    database: Database,
    mail: OneTimeMailService,
    signup: SignupService,
    phoneCodes: PhoneCodeService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#mail = mail;
    this.#signup = signup;
    this.#phoneCodes = phoneCodes;
  }

  /** Sends a link to set a new password. Nothing tells whether the address is known. */
  async recover(email: string, challenge: Challenge | undefined, info: RequestInfo): Promise<void> {
    if (!this.#config.email.enabled) throw refuse.emailLoginsDisabled(400);
    if (email === '') throw refuse.validation('Password recovery requires an email');
    const user = await findUserByEmail(this.#database.pool, readEmail(email), info.audience);
    if (user !== undefined) await this.#sendRecovery(user, 'recovery', challenge, info);
  }

  /** Sends a link and a code to sign in, signing up first whoever is new, unless `createUser` is false. */
  async magicLink(
    request: { email: string; data: JsonObject; createUser: boolean; challenge: Challenge | undefined },
    info: RequestInfo,
  ): Promise<void> {
    const { pool } = this.#database;
    // Whoever may not be signed up is told so first, whatever else is wrong.
    if (!request.createUser) {
      const known = isEmail(request.email) && (await findUserByEmail(pool, request.email, info.audience));
      if (!known) throw refuse.otpDisabled();
    }
    if (!this.#config.email.enabled) throw refuse.emailLoginsDisabled(422);
    const email = readEmail(request.email);
    const user = await findUserByEmail(pool, email, info.audience);
    if (user?.email_confirmed_at) return this.#sendRecovery(user, 'magic_link', request.challenge, info);
    const password = `aA1!${randomPassword()}`;
    await this.#signup.signUp({ email, password, data: request.data, challenge: request.challenge }, info);
    // Where sign-up asks for a confirmation, its mail is the link already.
    if (!this.#config.email.autoconfirm) return;
    const created = await findUserByEmail(pool, email, info.audience);
    if (created) await this.#sendRecovery(created, 'magic_link', request.challenge, info);
  }

  /** Sends a code that proves it is still the user. Answers the message's id where it went to a phone. */
  async reauthenticate(user: AuthUser, info: RequestInfo): Promise<string | undefined> {
    if (!user.email && !user.phone) {
      throw refuse.validation('Reauthentication requires the user to have an email or a phone number');
    }
    if (user.email ? user.email_confirmed_at === null : user.phone_confirmed_at === null) {
      throw user.email ? refuse.emailNotConfirmedYet() : refuse.phoneNotConfirmedYet();
    }
    let messageId: string | undefined;
    await this.#send(user.id, async (tx, current) => {
      await auditUser(tx, info, current, 'user_reauthenticate_requested');
      if (current.email) return this.#mail.reauthentication(tx, current, info);
      messageId = await this.#phoneCodes.issue(tx, current, current.phone ?? '', 'reauthentication', info);
      return [];
    });
    return messageId === '' ? undefined : messageId;
  }

  #sendRecovery(
    user: AuthUser,
    kind: 'recovery' | 'magic_link',
    challenge: Challenge | undefined,
    info: RequestInfo,
  ): Promise<void> {
    const method = kind === 'recovery' ? 'recovery' : 'magiclink';
    return this.#send(user.id, async (tx, current) => {
      await rememberChallenge(tx, current, challenge, method);
      await auditUser(tx, info, current, 'user_recovery_requested');
      return this.#mail.recovery(tx, current, kind, challenge !== undefined, info);
    });
  }

  /** Locks the user, so that two requests at once cannot both find that the last mail was long ago. */
  async #send(userId: string, write: (tx: Executor, user: AuthUser) => Promise<Mail[]>): Promise<void> {
    const mails = await this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, userId);
      return user === undefined ? [] : write(tx, user);
    });
    await this.#mail.deliver(mails);
  }
}
