import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { actionLink } from '../mail/action-link.ts';
import type { IssuedCode, OneTimeMailService } from '../mail/one-time-mail.service.ts';
import { addEmailIdentity, EmailTakenError, emailUser } from '../signup/new-user.ts';
import type { NewUsers } from '../signup/new-users.ts';
import { putOneTimeToken, type TokenType } from '../tokens/one-time-tokens.repository.ts';
import { auditAdmin, auditUser } from '../users/audit.ts';
import { readEmail } from '../users/email-address.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { checkStrength, hashPassword, randomPassword } from '../users/password.ts';
import { userJson } from '../users/user-json.ts';
import { findEmailOwner, findUserByEmail, getUser, lockUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject, UserChanges } from '../users/user.types.ts';
import { addGuest } from './invite.service.ts';

/** What an administrator asks a link for. */
export interface LinkRequest {
  type: string;
  email: string;
  newEmail: string;
  password: string;
  data: JsonObject;
}

type LinkType = 'signup' | 'invite' | 'magiclink' | 'recovery' | 'email_change_current' | 'email_change_new';

const TYPES = new Set<string>([
  'signup',
  'invite',
  'magiclink',
  'recovery',
  'email_change_current',
  'email_change_new',
]);

/** Links as mails carry them, answered to the administrator instead of being sent. */
export class GenerateLinkService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #mail: OneTimeMailService;

  readonly #newUsers: NewUsers;

  constructor(config: AuthConfig, database: Database, mail: OneTimeMailService, newUsers: NewUsers) {
    this.#newUsers = newUsers;
    this.#config = config;
    this.#database = database;
    this.#mail = mail;
  }

  /** The user, with the link and its code. A magic link for somebody new signs him up. */
  async generate(role: string, request: LinkRequest, info: RequestInfo): Promise<Record<string, unknown>> {
    const email = readEmail(request.email);
    const known = await findUserByEmail(this.#database.pool, email, info.audience);
    const type = this.#effectiveType(request.type, known);
    const newEmail = type.startsWith('email_change') ? readEmail(request.newEmail) : '';
    const hash = type === 'signup' && known === undefined ? await this.#hash(request) : '';
    const issued = this.#mail.issue(type === 'email_change_new' ? newEmail : email, false);
    try {
      const user = await this.#database.transaction(async (tx) => {
        const current =
          (known && (await lockUser(tx, known.id))) ??
          (await this.#add(tx, type, email, hash, request, info));
        await this.#store(
          tx,
          current,
          type,
          issued,
          { newEmail, data: request.data, isNew: !known, role },
          info,
        );
        return getUser(tx, current.id);
      });
      return this.#answer(user, type, issued, info);
    } catch (error) {
      throw error instanceof EmailTakenError ? refuse.emailExists() : error;
    }
  }

  #effectiveType(type: string, known: AuthUser | undefined): LinkType {
    if (!TYPES.has(type)) throw refuse.validation(`Invalid email action link type requested: ${type}`);
    if (known !== undefined || type === 'signup' || type === 'invite') return type as LinkType;
    if (type === 'magiclink') return 'signup';
    throw refuse.userNotFound('User with this email not found');
  }

  async #hash(request: LinkRequest): Promise<string> {
    if (request.type === 'magiclink') return hashPassword(randomPassword(), this.#config.password);
    if (request.password === '') throw refuse.validation('Signup requires a valid password');
    checkStrength(request.password, this.#config.password);
    return hashPassword(request.password, this.#config.password);
  }

  async #add(
    tx: Executor,
    type: LinkType,
    email: string,
    hash: string,
    request: LinkRequest,
    info: RequestInfo,
  ): Promise<AuthUser> {
    if (type === 'invite') return addGuest(tx, this.#newUsers, { email, data: request.data }, info);
    const newcomer = emailUser({ email, passwordHash: hash, aud: info.audience, data: request.data });
    const user = await this.#newUsers.create(tx, newcomer, info);
    await addEmailIdentity(tx, user.id, email);
    return getUser(tx, user.id);
  }

  async #store(
    tx: Executor,
    user: AuthUser,
    type: LinkType,
    issued: IssuedCode,
    request: { newEmail: string; data: JsonObject; isNew: boolean; role: string },
    info: RequestInfo,
  ): Promise<void> {
    const now = new Date();
    if ((type === 'signup' || type === 'invite') && user.email_confirmed_at !== null)
      throw refuse.emailExists();
    const put = async (tokenType: TokenType, relatesTo: string, changes: UserChanges): Promise<void> => {
      await updateUser(tx, user.id, { ...changes, [tokenType]: issued.hash });
      await putOneTimeToken(tx, { userId: user.id, type: tokenType, hash: issued.hash, relatesTo });
    };
    const email = user.email ?? '';
    switch (type) {
      case 'signup':
        return put('confirmation_token', email, {
          confirmation_sent_at: now,
          ...(!request.isNew && { raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, request.data) }),
        });
      case 'invite':
        await auditAdmin(tx, info, request.role, 'user_invited', {
          user_id: user.id,
          user_email: user.email ?? '',
        });
        return put('confirmation_token', email, { confirmation_sent_at: now, invited_at: now });
      case 'magiclink':
      case 'recovery':
        await auditUser(tx, info, user, 'user_recovery_requested');
        return put('recovery_token', email, { recovery_sent_at: now });
      case 'email_change_current':
      case 'email_change_new': {
        await this.#checkChange(tx, user, type, request.newEmail);
        const change = {
          email_change: request.newEmail,
          email_change_sent_at: now,
          email_change_confirm_status: 0,
        };
        return type === 'email_change_current'
          ? put('email_change_token_current', email, change)
          : put('email_change_token_new', request.newEmail, change);
      }
    }
  }

  async #checkChange(tx: Executor, user: AuthUser, type: LinkType, newEmail: string): Promise<void> {
    if (type === 'email_change_current' && !this.#config.email.doubleConfirmChanges) {
      throw refuse.validation('Enable secure email change to generate link for current email');
    }
    if ((await findEmailOwner(tx, newEmail, user.aud, user.id)) !== undefined) throw refuse.emailExists();
  }

  #answer(user: AuthUser, type: LinkType, issued: IssuedCode, info: RequestInfo): Record<string, unknown> {
    const linkType = type.startsWith('email_change') ? 'email_change' : type;
    return {
      ...userJson(user),
      action_link: actionLink(this.#config.externalUrl, {
        token: issued.hash,
        type: linkType,
        redirectTo: info.redirectTo,
      }),
      email_otp: issued.code,
      hashed_token: issued.hash,
      verification_type: type,
      redirect_to: info.redirectTo,
    };
  }
}
