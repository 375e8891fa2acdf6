import type { FastifyRequest } from 'fastify';
import type { KeyRing } from '../../context.ts';
import type { RateLimits as Settings } from '../config/auth-config.ts';
import { refuse } from '../errors/catalogue.ts';
import { forwardedAddress } from '../http/client-address.ts';
import { TokenBuckets } from './token-bucket.ts';

const MINUTES_5 = 5 * 60_000;
const HOUR = 60 * 60_000;
const MINUTE = 60_000;
/** GoTrue's challenges and answers of second factors a minute; `config.toml` has no name for it. */
const FACTOR_ATTEMPTS = 15;
/** GoTrue's sign-ins by an organization in 5 minutes. */
const SSO_REQUESTS = 30;
/** GoTrue lets no more than this many through at once, whatever the limit is. */
const BURST = 30;

/** What is counted for each address. GoTrue counts each kind of request on its own, at the same limit. */
export type LimitedAction =
  | 'signup'
  | 'anonymous'
  | 'recover'
  | 'resend'
  | 'magiclink'
  | 'otp'
  | 'user'
  | 'token'
  | 'factor'
  | 'sso'
  | 'web3'
  | 'verify';

interface Limit {
  readonly buckets: TokenBuckets;
  /** Stricter than the CLI's default: the project wants to see it, so it also holds for direct clients. */
  readonly strict: boolean;
}

/**
 * The limits of `[auth.rate_limit]`. As with the Supabase CLI, which sets no header to limit by, direct clients of a
 * local Supabase are not limited at the defaults; addresses forwarded by a server with the secret key always are, and
 * a limit set below its default also counts the socket's address.
 */
export class RateLimits {
  readonly #keys: KeyRing;
  readonly #limits: Readonly<Record<LimitedAction, Limit>>;
  readonly #mail: TokenBuckets;
  readonly #codes = new TokenBuckets(FACTOR_ATTEMPTS, FACTOR_ATTEMPTS / MINUTE);

  constructor(settings: Settings, keys: KeyRing) {
    this.#keys = keys;
    const otp = (): Limit => limit(settings.signInSignUps, 30, MINUTES_5);
    this.#limits = {
      signup: otp(),
      recover: otp(),
      resend: otp(),
      magiclink: otp(),
      otp: otp(),
      user: otp(),
      token: limit(settings.tokenRefresh, 150, MINUTES_5),
      verify: limit(settings.tokenVerifications, 30, MINUTES_5),
      sso: limit(SSO_REQUESTS, SSO_REQUESTS, MINUTES_5),
      web3: limit(settings.web3, 30, MINUTES_5),
      factor: limit(FACTOR_ATTEMPTS, FACTOR_ATTEMPTS, MINUTE),
      anonymous: limit(settings.anonymousUsers, 30, HOUR),
    };
    this.#mail = new TokenBuckets(settings.emailSent, settings.emailSent / HOUR);
  }

  /** Refuses with 429 when the request's address did `action` too often. */
  check(action: LimitedAction, request: FastifyRequest): void {
    const { buckets, strict } = this.#limits[action];
    const address = forwardedAddress(request, this.#keys) ?? (strict ? request.ip : undefined);
    if (address !== undefined && !buckets.take(address)) throw refuse.requestRate();
  }

  /** Refuses with 429 when a second factor was tried too often, from wherever: six digits are guessed quickly. */
  checkCode(factorId: string): void {
    if (!this.#codes.take(factorId)) throw refuse.requestRate();
  }

  /** Refuses with 429 when too many mails were sent, over all users. */
  checkMail(): void {
    if (!this.#mail.take('')) throw refuse.emailRate();
  }
}

function limit(setting: number, standard: number, period: number): Limit {
  return {
    buckets: new TokenBuckets(Math.min(setting, BURST), setting / period),
    strict: setting < standard,
  };
}
