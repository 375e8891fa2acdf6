import type { Database, Mail } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import { checkChannel, type PhoneCodeService } from '../phone/phone-code.service.ts';
import { readPhone } from '../phone/phone-number.ts';
import { applyPhoneChange } from '../phone/phone-state.ts';
import { insertFlowState } from '../tokens/flow-states.repository.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { applyEmailChange } from '../verification/email-change.ts';
import { auditUser } from './audit.ts';
import { readEmail } from './email-address.ts';
import { mergeMetadata } from './metadata.ts';
import { checkStrength, hashPassword } from './password.ts';
import type { PasswordChangePolicy } from './password-change.policy.ts';
import { storePassword, syncProviders } from './user-state.ts';
import { findEmailOwner, findUserByPhone, getUser, lockUser, updateUser } from './users.repository.ts';
import { hasMfa, type AuthUser, type JsonObject } from './user.types.ts';

/** What a user may change of himself. Undefined and empty mean unchanged. */
export interface UserUpdate {
  email: string;
  phone: string;
  /** How the code for a new number is sent; empty for a text message. */
  channel: string;
  password: string | undefined;
  currentPassword: string;
  nonce: string;
  data: JsonObject | undefined;
  appMetadata: JsonObject | undefined;
  challenge: Challenge | undefined;
}

/** Changes a user makes to his own account. */
export class UserUpdateService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #mail: OneTimeMailService;
  readonly #passwordPolicy: PasswordChangePolicy;
  readonly #phoneCodes: PhoneCodeService;
  readonly #notifications: NotificationService;

  constructor(
    config: AuthConfig,
    database: Database,
    mail: OneTimeMailService,
    passwordPolicy: PasswordChangePolicy,
    phoneCodes: PhoneCodeService,
    notifications: NotificationService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#mail = mail;
    this.#passwordPolicy = passwordPolicy;
    this.#phoneCodes = phoneCodes;
    this.#notifications = notifications;
  }

  /** Changes the principal's account and answers it. A new address counts only once it is confirmed. */
  async update(principal: Principal, request: UserUpdate, info: RequestInfo): Promise<AuthUser> {
    const update = this.#read(request);
    this.#checkAllowed(principal, update);
    const newEmail = update.email !== '' && update.email !== principal.user.email ? update.email : undefined;
    if (newEmail !== undefined) await this.#checkFree(principal.user, newEmail);
    const newPhone = update.phone !== '' && update.phone !== principal.user.phone ? update.phone : undefined;
    if (newPhone !== undefined) await this.#checkPhoneFree(principal.user, newPhone);
    const hash = await this.#newHash(principal, update);
    const mails = await this.#database.transaction(async (tx) => {
      const user = await lockUser(tx, principal.user.id);
      if (user === undefined) throw refuse.subjectNotFound();
      await this.#apply(tx, user, { ...update, hash, keepSession: principal.session?.id }, info);
      const written = newEmail === undefined ? [] : await this.#changeEmail(tx, user, newEmail, update, info);
      if (newPhone !== undefined) await this.#changePhone(tx, user, newPhone, info);
      await auditUser(tx, info, user, 'user_modified');
      return written;
    });
    await this.#mail.deliver(mails);
    return getUser(this.#database.pool, principal.user.id);
  }

  /** The request with address and number in their usual form; refused where one of them, or the password, is no good. */
  #read(request: UserUpdate): UserUpdate {
    const email = request.email === '' ? '' : readEmail(request.email);
    const phone = request.phone === '' ? '' : readPhone(request.phone);
    if (phone !== '') checkChannel(request.channel, this.#config);
    if (request.password !== undefined) checkStrength(request.password, this.#config.password);
    return { ...request, email, phone };
  }

  #checkAllowed({ user, session }: Principal, update: UserUpdate): void {
    const newPassword = update.password !== undefined && update.password !== '';
    const newEmail = update.email !== '' && update.email !== user.email;
    const newPhone = update.phone !== '' && update.phone !== user.phone;
    if (update.appMetadata !== undefined) throw refuse.appMetadataIsAdmins();
    if (hasMfa(user) && session?.aal !== 'aal2' && (newPassword || newEmail || newPhone)) {
      throw refuse.insufficientAal(
        'AAL2 session is required to update email or password when MFA is enabled.',
      );
    }
    if (user.is_anonymous && newPassword && update.email === '' && update.phone === '') {
      throw refuse.unprocessable(
        'Updating password of an anonymous user without an email or phone is not allowed',
      );
    }
    if (user.is_sso_user && (newPassword || newEmail || newPhone || update.nonce !== ''))
      throw refuse.ssoManaged();
  }

  async #checkFree(user: AuthUser, email: string): Promise<void> {
    const owner = await findEmailOwner(this.#database.pool, email, user.aud, user.id);
    if (owner !== undefined) throw refuse.emailExists();
  }

  /** The new password's hash, once the policy agrees; undefined when the password stays. */
  async #newHash(principal: Principal, update: UserUpdate): Promise<string | undefined> {
    if (update.password === undefined) return undefined;
    await this.#passwordPolicy.check(principal, {
      newPassword: update.password,
      currentPassword: update.currentPassword,
      nonce: update.nonce,
    });
    return hashPassword(update.password, this.#config.password);
  }

  async #apply(
    tx: Executor,
    user: AuthUser,
    update: { hash: string | undefined; keepSession: string | undefined; data: JsonObject | undefined },
    info: RequestInfo,
  ): Promise<void> {
    if (update.hash !== undefined) {
      await storePassword(tx, user.id, update.hash, update.keepSession);
      await auditUser(tx, info, user, 'user_updated_password');
      await this.#notifications.tell(tx, user, { kind: 'password_changed' }, info);
    }
    if (update.data !== undefined) {
      await updateUser(tx, user.id, {
        raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, update.data),
      });
    }
  }

  async #checkPhoneFree(user: AuthUser, phone: string): Promise<void> {
    if ((await findUserByPhone(this.#database.pool, phone, user.aud)) !== undefined)
      throw refuse.phoneTaken();
  }

  async #changePhone(tx: Executor, before: AuthUser, phone: string, info: RequestInfo): Promise<void> {
    const user = await getUser(tx, before.id);
    if (this.#config.phone.autoconfirm) {
      await applyPhoneChange(tx, user, phone);
      await this.#notifications.phoneChanged(tx, user, info);
      await syncProviders(tx, await getUser(tx, user.id));
    } else {
      await this.#phoneCodes.issue(tx, user, phone, 'phone_change', info);
    }
  }

  async #changeEmail(
    tx: Executor,
    before: AuthUser,
    email: string,
    update: UserUpdate,
    info: RequestInfo,
  ): Promise<Mail[]> {
    const user = await getUser(tx, before.id);
    if (user.is_anonymous && this.#config.email.autoconfirm) {
      await applyEmailChange(tx, user, email);
      await this.#notifications.emailChanged(tx, user, info);
      await syncProviders(tx, await getUser(tx, user.id));
      return [];
    }
    if (update.challenge !== undefined) {
      await insertFlowState(tx, {
        ...update.challenge,
        userId: user.id,
        provider: 'email_change',
        authentication: 'email_change',
      });
    }
    return this.#mail.emailChange(tx, user, email, update.challenge !== undefined, info);
  }
}
