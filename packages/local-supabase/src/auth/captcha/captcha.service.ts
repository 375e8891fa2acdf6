import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { CaptchaConfig } from './captcha-config.ts';

/** GoTrue's patience with providers, milliseconds. */
const TIMEOUT = 10_000;

/** Asks the provider of captchas whether somebody solved one. */
export class CaptchaService {
  readonly #config: CaptchaConfig | undefined;

  constructor(config: CaptchaConfig | undefined) {
    this.#config = config;
  }

  get enabled(): boolean {
    return this.#config !== undefined;
  }

  /** @throws AuthError `captcha_failed` unless the token is good; each is good once */
  async verify(token: string, address: string): Promise<void> {
    if (this.#config === undefined) return;
    if (token === '') throw failed('no captcha_token found');
    const { success, 'error-codes': codes } = await ask(this.#config, token, address);
    if (success !== true) throw failed(Array.isArray(codes) ? codes.join(', ') : '');
  }
}

async function ask(
  { secret, verifyUrl }: CaptchaConfig,
  response: string,
  remoteip: string,
): Promise<Record<string, unknown>> {
  try {
    const answer = await fetch(verifyUrl, {
      method: 'POST',
      body: new URLSearchParams({ secret, response, remoteip }),
      // It would take the secret along.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return ((await answer.json()) ?? {}) as Record<string, unknown>;
  } catch (cause) {
    throw Object.assign(refuse.unexpected('captcha verification process failed'), { cause });
  }
}

const failed = (reason: string): AuthError =>
  new AuthError(400, 'captcha_failed', `captcha protection: request disallowed (${reason})`);
