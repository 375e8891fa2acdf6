import type { Mailer } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { MailTemplate } from '../config/templates.ts';
import { afterwards } from '../database/aftermath.ts';
import type { Executor } from '../database/executor.ts';
import type { AuthHooks, EmailEvent } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { AuthUser } from '../users/user.types.ts';
import { getUser } from '../users/users.repository.ts';
import { htmlToText, renderHtml } from './render.ts';

/** What has changed, and what it was before. */
export type AccountChange =
  | { readonly kind: 'password_changed' }
  | { readonly kind: 'email_changed'; readonly oldEmail: string }
  | { readonly kind: 'phone_changed'; readonly oldPhone: string }
  | { readonly kind: 'identity_linked' | 'identity_unlinked'; readonly provider: string }
  | { readonly kind: 'mfa_factor_enrolled' | 'mfa_factor_unenrolled'; readonly factorType: string };

/**
 * Tells users by mail of what has changed in their accounts (`[auth.email.notification.*]`). That comes when the change is
 * written, and fails nothing: whoever changed something must not be told that he did not.
 */
export class NotificationService {
  readonly #config: AuthConfig;
  readonly #mailer: Mailer;
  readonly #limits: RateLimits;
  readonly #hooks: AuthHooks;

  constructor(config: AuthConfig, mailer: Mailer, limits: RateLimits, hooks: AuthHooks) {
    this.#config = config;
    this.#mailer = mailer;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /**
   * Has a mail follow the transaction, where the project wants one and there is an address.
   * @param user as he is after the change
   * @param to whom to tell, where that is not his address
   */
  async tell(
    tx: Executor,
    user: AuthUser,
    change: AccountChange,
    info: RequestInfo,
    to: string = user.email ?? '',
  ): Promise<void> {
    const template = this.#config.email.notifications.get(change.kind);
    if (template === undefined || to === '') return;
    await afterwards(tx, () => this.#send(template, user, change, info, to).catch(report));
  }

  /** Tells the address that was left. One that comes to an account without any is nothing to tell of. */
  async emailChanged(tx: Executor, before: AuthUser, info: RequestInfo): Promise<void> {
    const oldEmail = before.email ?? '';
    const user = await getUser(tx, before.id);
    if (oldEmail === '' || (user.email ?? '') === '' || user.email === oldEmail) return;
    await this.tell(tx, user, { kind: 'email_changed', oldEmail }, info, oldEmail);
  }

  /** Tells of another number, and of a first one as of a further way to sign in. */
  async phoneChanged(tx: Executor, before: AuthUser, info: RequestInfo): Promise<void> {
    const oldPhone = before.phone ?? '';
    const user = await getUser(tx, before.id);
    if (oldPhone !== '' && (user.phone ?? '') !== '' && user.phone !== oldPhone) {
      await this.tell(tx, user, { kind: 'phone_changed', oldPhone }, info);
    }
    if (before.identities.some(({ provider }) => provider === 'phone')) return;
    await this.tell(tx, user, { kind: 'identity_linked', provider: 'phone' }, info);
  }

  async #send(
    template: MailTemplate,
    user: AuthUser,
    change: AccountChange,
    info: RequestInfo,
    to: string,
  ): Promise<void> {
    this.#limits.checkMail();
    if (this.#hooks.sendsEmail) {
      await this.#hooks.sendNotification(user, hookEvent(change, info), info);
      return;
    }
    const values = {
      SiteURL: this.#config.siteUrl,
      Email: user.email ?? '',
      Phone: user.phone ?? '',
      SendingTo: to,
      Data: user.raw_user_meta_data ?? {},
      ...wordsOf(change),
    };
    const html = renderHtml(template.html, values);
    await this.#mailer.send({
      to,
      subject: renderHtml(template.subject, values),
      html,
      text: htmlToText(html),
    });
  }
}

/** The words of a change that templates know, empty where it has none. */
function wordsOf(change: AccountChange) {
  return {
    OldEmail: 'oldEmail' in change ? change.oldEmail : '',
    OldPhone: 'oldPhone' in change ? change.oldPhone : '',
    Provider: 'provider' in change ? change.provider : '',
    FactorType: 'factorType' in change ? change.factorType : '',
  };
}

/** The same for the `send_email` hook, which is asked for these, too. */
function hookEvent(change: AccountChange, info: RequestInfo): EmailEvent {
  const { OldEmail, OldPhone, Provider, FactorType } = wordsOf(change);
  return {
    token: '',
    token_hash: '',
    redirect_to: info.redirectTo,
    email_action_type: `${change.kind}_notification`,
    old_email: OldEmail,
    old_phone: OldPhone,
    provider: Provider,
    factor_type: FactorType,
  };
}

/** Said where the server prints: whoever caused it is told of nothing. */
function report(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`[auth] a notification was not sent: ${reason}\n`);
}
