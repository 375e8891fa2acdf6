import { ConfigError } from '../../config/config.ts';
import type { ConfigSection } from '../config/config-section.ts';

/** `[auth.captcha]`, when it is enabled. */
export interface CaptchaConfig {
  readonly secret: string;
  /** Where the provider says whether a token is good. */
  readonly verifyUrl: URL;
}

const PROVIDERS: Readonly<Record<string, string>> = {
  hcaptcha: 'https://hcaptcha.com/siteverify',
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
};

/** @throws ConfigError for a provider there is none of, or one without its secret */
export function readCaptchaConfig(section: ConfigSection): CaptchaConfig | undefined {
  if (!section.boolean('enabled', false)) return undefined;
  const provider = section.string('provider', '');
  const known = Object.hasOwn(PROVIDERS, provider) ? PROVIDERS[provider] : undefined;
  if (known === undefined) throw fault('provider', 'must be "hcaptcha" or "turnstile"');
  const secret = section.string('secret', '').trim();
  if (secret === '') throw fault('secret', 'is needed');
  // Ours: a provider that tests have started.
  const verifyUrl = URL.parse(section.string('verify_url', known));
  if (verifyUrl === null || (verifyUrl.href !== known && verifyUrl.hostname !== '127.0.0.1')) {
    throw fault('verify_url', 'must be on 127.0.0.1');
  }
  return { secret, verifyUrl };
}

const fault = (key: string, words: string): ConfigError =>
  new ConfigError(`config.toml: [auth.captcha] ${key} ${words}.`);
