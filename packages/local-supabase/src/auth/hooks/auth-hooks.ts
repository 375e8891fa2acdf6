import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { outside } from '../database/aftermath.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { userJson } from '../users/user-json.ts';
import type { AuthUser } from '../users/user.types.ts';
import type { NewUser } from '../users/users.repository.ts';
import type { HookAnswer, HookRunner } from './hook-runner.ts';
import { newUserJson } from './new-user-json.ts';
import { claimsIn } from './token-claims.ts';

/** What a message to an address carries, by GoTrue's names. */
export interface EmailEvent {
  readonly token: string;
  readonly token_hash: string;
  readonly redirect_to: string;
  readonly email_action_type: string;
  readonly token_new?: string;
  readonly token_hash_new?: string;
  readonly old_email?: string;
  readonly old_phone?: string;
  readonly provider?: string;
  readonly factor_type?: string;
}

/** Every hook by what it is for, with GoTrue's payloads. */
export class AuthHooks {
  readonly #runner: HookRunner;
  readonly #externalUrl: string;

  constructor(runner: HookRunner, externalUrl: string) {
    this.#runner = runner;
    this.#externalUrl = externalUrl;
  }

  get sendsEmail(): boolean {
    return this.#runner.has('send_email');
  }

  get sendsSms(): boolean {
    return this.#runner.has('send_sms');
  }

  /** Hands over the claims of a token as the project wants them: at once, or when the transaction is over. */
  async withClaims(
    tx: Executor,
    claims: JWTPayload & { sub: string },
    method: string,
    info: RequestInfo,
    use: (claims: JWTPayload) => Promise<void>,
  ): Promise<void> {
    if (!this.#runner.has('custom_access_token')) {
      await use(claims);
      return;
    }
    const input = {
      metadata: metadata('customize-access-token', info),
      user_id: claims.sub,
      claims,
      authentication_method: method,
    };
    await this.#runner.askIn(tx, 'custom_access_token', input, (answer) => use(claimsIn(answer)));
  }

  /**
   * Asks whether somebody may become a user.
   * @returns the user that was asked about: a transaction that begins again must not make another
   */
  async beforeUserCreated(tx: Executor, user: NewUser, info: RequestInfo): Promise<NewUser> {
    if (!this.#runner.has('before_user_created')) return user;
    const input = { metadata: metadata('before-user-created', info), user: newUserJson(user) };
    if (this.#runner.isElsewhere('before_user_created')) {
      return outside(tx, 'before_user_created', async () => {
        rejectIf(await this.#runner.ask('before_user_created', input));
        return user;
      });
    }
    rejectIf(await this.#runner.ask('before_user_created', input, tx));
    return user;
  }

  /** Has a code sent to a phone. */
  async sendSms(
    tx: Executor,
    user: AuthUser,
    sms: { otp: string; phone: string; sms_type?: string },
    info: RequestInfo,
  ): Promise<void> {
    const input = { metadata: metadata('send-sms', info), user: userJson(user), sms };
    await this.#runner.askIn(tx, 'send_sms', input);
  }

  /** Has a code sent to an address. */
  async sendEmail(tx: Executor, user: AuthUser, event: EmailEvent, info: RequestInfo): Promise<void> {
    await this.#runner.askIn(tx, 'send_email', this.#emailInput(user, event, info));
  }

  /** Has a message sent that tells of a change. Outside of transactions: if it fails, that must break none. */
  async sendNotification(user: AuthUser, event: EmailEvent, info: RequestInfo): Promise<void> {
    await this.#runner.ask('send_email', this.#emailInput(user, event, info));
  }

  #emailInput(user: AuthUser, event: EmailEvent, info: RequestInfo): object {
    const data = {
      token: event.token,
      token_hash: event.token_hash,
      redirect_to: event.redirect_to,
      email_action_type: event.email_action_type,
      site_url: this.#externalUrl,
      token_new: event.token_new ?? '',
      token_hash_new: event.token_hash_new ?? '',
      old_email: event.old_email ?? '',
      old_phone: event.old_phone ?? '',
      provider: event.provider ?? '',
      factor_type: event.factor_type ?? '',
    };
    return { metadata: metadata('send-email', info), user: userJson(user), email_data: data };
  }

  /** Whether a password that was right or wrong may go on; undefined where nobody minds. Outside of transactions. */
  async passwordAttempt(userId: string, valid: boolean, info: RequestInfo): Promise<Rejection | undefined> {
    const name = 'password_verification_attempt';
    if (!this.#runner.has(name)) return undefined;
    const input = { metadata: metadata('password-verification', info), user_id: userId, valid };
    return rejectionIn(await this.#runner.ask(name, input), 'password');
  }

  get watchesFactors(): boolean {
    return this.#runner.has('mfa_verification_attempt');
  }

  /** The same for a code of a second factor. */
  async factorAttempt(
    attempt: { userId: string; factorId: string; factorType: string; valid: boolean },
    info: RequestInfo,
  ): Promise<Rejection | undefined> {
    const input = {
      metadata: metadata('mfa-verification', info),
      user_id: attempt.userId,
      factor_id: attempt.factorId,
      factor_type: attempt.factorType,
      valid: attempt.valid,
    };
    return rejectionIn(await this.#runner.ask('mfa_verification_attempt', input), 'MFA');
  }
}

/** What a hook wants when it does not let somebody go on. */
export interface Rejection {
  readonly message: string;
  readonly logout: boolean;
}

function rejectionIn(answer: HookAnswer, what: string): Rejection | undefined {
  if (answer.decision !== 'reject') return undefined;
  const { message } = answer;
  const words = `Further ${what} verification attempts will be rejected.`;
  return {
    message: typeof message === 'string' && message !== '' ? message : words,
    logout: answer.should_logout_user === true,
  };
}

/** A plain refusal, in the form that the other hooks have. */
function rejectIf(answer: HookAnswer): void {
  const rejection = rejectionIn(answer, 'user');
  if (rejection) throw new AuthError(403, 'unknown', rejection.message);
}

const metadata = (name: string, info: RequestInfo): object => ({
  uuid: randomUUID(),
  time: new Date().toISOString(),
  name,
  ip_address: info.ip,
});
