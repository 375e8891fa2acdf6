import type { Mail, Mailer } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { MailKind } from '../config/templates.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { AuthHooks, EmailEvent } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import { generateCode, hashCode, PKCE_PREFIX } from '../tokens/one-time-code.ts';
import { putOneTimeToken } from '../tokens/one-time-tokens.repository.ts';
import { updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import { actionLink } from './action-link.ts';
import { htmlToText, renderHtml } from './render.ts';

/** A code that was just made, and what is stored of it. */
export interface IssuedCode {
  code: string;
  hash: string;
}

/**
 * Makes the one-time codes that mails carry, stores their hashes, and writes the mails. Nothing is sent before the
 * caller's transaction is over: a mail must not carry a code that was rolled back.
 */
export class OneTimeMailService {
  readonly #config: AuthConfig;
  readonly #mailer: Mailer;
  readonly #limits: RateLimits;
  readonly #hooks: AuthHooks;

  constructor(config: AuthConfig, mailer: Mailer, limits: RateLimits, hooks: AuthHooks) {
    this.#hooks = hooks;
    this.#config = config;
    this.#mailer = mailer;
    this.#limits = limits;
  }

  /** Sends what the methods below wrote. */
  async deliver(mails: readonly Mail[]): Promise<void> {
    for (const mail of mails) await this.#mailer.send(mail);
  }

  /** Asks a new user to confirm his address. */
  async confirmation(tx: Executor, user: AuthUser, pkce: boolean, info: RequestInfo): Promise<Mail[]> {
    this.checkFrequency(user.confirmation_sent_at);
    const email = user.email ?? '';
    const { code, hash } = this.issue(email, pkce);
    await updateUser(tx, user.id, { confirmation_token: hash, confirmation_sent_at: new Date() });
    await putOneTimeToken(tx, { userId: user.id, type: 'confirmation_token', hash, relatesTo: email });
    return this.#write(tx, 'confirmation', user, email, { code, hash, type: 'signup' }, info);
  }

  /** Invites a user whom an administrator made. */
  async invite(tx: Executor, user: AuthUser, info: RequestInfo): Promise<Mail[]> {
    const email = user.email ?? '';
    const { code, hash } = this.issue(email, false);
    const now = new Date();
    await updateUser(tx, user.id, { confirmation_token: hash, confirmation_sent_at: now, invited_at: now });
    await putOneTimeToken(tx, { userId: user.id, type: 'confirmation_token', hash, relatesTo: email });
    return this.#write(tx, 'invite', user, email, { code, hash, type: 'invite' }, info);
  }

  /** Lets a user in to set a new password, or simply in: both are one token, with one clock. */
  async recovery(
    tx: Executor,
    user: AuthUser,
    kind: 'recovery' | 'magic_link',
    pkce: boolean,
    info: RequestInfo,
  ): Promise<Mail[]> {
    this.checkFrequency(user.recovery_sent_at);
    const email = user.email ?? '';
    const { code, hash } = this.issue(email, pkce);
    await updateUser(tx, user.id, { recovery_token: hash, recovery_sent_at: new Date() });
    await putOneTimeToken(tx, { userId: user.id, type: 'recovery_token', hash, relatesTo: email });
    const type = kind === 'recovery' ? 'recovery' : 'magiclink';
    return this.#write(tx, kind, user, email, { code, hash, type }, info);
  }

  /** Asks whether it is still the user, before he changes his password. */
  async reauthentication(tx: Executor, user: AuthUser, info: RequestInfo): Promise<Mail[]> {
    this.checkFrequency(user.reauthentication_sent_at);
    const email = user.email ?? '';
    const { code, hash } = this.issue(email, false);
    await updateUser(tx, user.id, { reauthentication_token: hash, reauthentication_sent_at: new Date() });
    await putOneTimeToken(tx, { userId: user.id, type: 'reauthentication_token', hash, relatesTo: email });
    return this.#write(tx, 'reauthentication', user, email, { code, hash, type: 'reauthentication' }, info);
  }

  /** Asks the new address, and the current one where both must confirm. */
  async emailChange(
    tx: Executor,
    user: AuthUser,
    newEmail: string,
    pkce: boolean,
    info: RequestInfo,
  ): Promise<Mail[]> {
    this.checkFrequency(user.email_change_sent_at);
    const current = user.email ?? '';
    const atNew = this.issue(newEmail, pkce);
    const atCurrent =
      this.#config.email.doubleConfirmChanges && current !== '' ? this.issue(current, pkce) : undefined;
    await updateUser(tx, user.id, {
      email_change: newEmail,
      email_change_token_new: atNew.hash,
      email_change_token_current: atCurrent?.hash ?? '',
      email_change_confirm_status: 0,
      email_change_sent_at: new Date(),
    });
    const store = (type: 'email_change_token_new' | 'email_change_token_current', hash: string, to: string) =>
      putOneTimeToken(tx, { userId: user.id, type, hash, relatesTo: to });
    await store('email_change_token_new', atNew.hash, newEmail);
    if (atCurrent) await store('email_change_token_current', atCurrent.hash, current);
    const changing = { ...user, email_change: newEmail };
    const type = 'email_change';
    if (this.#hooks.sendsEmail) {
      this.#limits.checkMail();
      await this.#hooks.sendEmail(tx, changing, changeEvent(atNew, atCurrent, info), info);
      return [];
    }
    const toNew = await this.#write(tx, 'email_change', changing, newEmail, { ...atNew, type }, info);
    if (atCurrent === undefined) return toNew;
    const toCurrent = await this.#write(tx, 'email_change', changing, current, { ...atCurrent, type }, info);
    return [...toNew, ...toCurrent];
  }

  /** A fresh code for an address. */
  issue(email: string, pkce: boolean): IssuedCode {
    const code = generateCode(this.#config.email.otpLength);
    const hash = hashCode(email, code);
    return { code, hash: pkce ? `${PKCE_PREFIX}${hash}` : hash };
  }

  /** Refuses a second mail of one kind right after the first. */
  checkFrequency(sentAt: Date | null): void {
    if (sentAt === null) return;
    const left = sentAt.getTime() + this.#config.email.maxFrequency - Date.now();
    if (left > 0) throw refuse.emailTooSoon(Math.floor(left / 1000));
  }

  /** The mail, unless the project's hook sends it in words of its own. */
  async #write(
    tx: Executor,
    kind: MailKind,
    user: AuthUser,
    to: string,
    token: IssuedCode & { type: string },
    info: RequestInfo,
  ): Promise<Mail[]> {
    this.#limits.checkMail();
    if (this.#hooks.sendsEmail) {
      await this.#hooks.sendEmail(tx, user, eventOf(token, info), info);
      return [];
    }
    const template = this.#config.email.templates[kind];
    const link = { token: token.hash, type: token.type, redirectTo: info.redirectTo };
    const values = {
      SiteURL: this.#config.siteUrl,
      ConfirmationURL: actionLink(this.#config.externalUrl, link),
      Email: user.email ?? '',
      NewEmail: user.email_change ?? '',
      SendingTo: to,
      Token: token.code,
      TokenHash: token.hash,
      RedirectTo: info.redirectTo,
      Data: user.raw_user_meta_data ?? {},
    };
    const html = renderHtml(template.html, values);
    return [{ to, subject: renderHtml(template.subject, values), html, text: htmlToText(html) }];
  }
}

const eventOf = ({ code, hash, type }: IssuedCode & { type: string }, info: RequestInfo): EmailEvent => ({
  token: code,
  token_hash: hash,
  redirect_to: info.redirectTo,
  email_action_type: type,
});

/** As GoTrue crosses them: the hash beside each code is that of the other address. */
function changeEvent(atNew: IssuedCode, atCurrent: IssuedCode | undefined, info: RequestInfo): EmailEvent {
  if (atCurrent === undefined) return eventOf({ ...atNew, type: 'email_change' }, info);
  return {
    ...eventOf({ code: atCurrent.code, hash: atNew.hash, type: 'email_change' }, info),
    token_new: atNew.code,
    token_hash_new: atCurrent.hash,
  };
}
