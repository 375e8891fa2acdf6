import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GuessingConfig } from '../platform/config/config.js';
import { rateLimited } from '../platform/errors/errors.js';
import { endpointOf, type ApiRequest } from '../platform/http/api-request.js';
import { AttemptsRepository, type AttemptKey } from './attempts.repository.js';
import { limitedAddress } from './client-address.js';

/**
 * Limits how fast passwords and codes can be guessed and mails be caused: attempts in a short window for each address,
 * and for each e-mail or signed-in user whatever address they come from. For endpoints that declare the refusal `guessing`.
 *
 * Every attempt counts, also one that succeeds: who guesses right in the end has guessed. Attempts over the limit do
 * not prolong the window, so whoever is locked out by somebody else's guessing waits one window at most, and a session
 * he has stays untouched.
 */
@Injectable()
export class GuessingGuard implements CanActivate {
  constructor(
    private readonly attempts: AttemptsRepository,
    private readonly limits: GuessingConfig,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const isGuarded = endpointOf(request)?.refusals?.includes('guessing') ?? false;
    return isGuarded ? this.count(request) : true;
  }

  private async count(request: ApiRequest): Promise<boolean> {
    const { allowed, retryAfter } = await this.attempts.count(this.keysOf(request));
    if (!allowed) throw rateLimited(retryAfter);
    return true;
  }

  private keysOf(request: ApiRequest): AttemptKey[] {
    const { perIp, perEmail, windowSeconds } = this.limits;
    const keys = [{ key: `ip:${limitedAddress(request)}`, limit: perIp, windowSeconds }];
    // A stolen token must not help to guess the password behind it, from however many addresses.
    if (request.actor) {
      keys.push({ key: `user:${request.actor.userId}`, limit: perEmail, windowSeconds });
    }
    const body = typeof request.body === 'object' ? (request.body as Record<string, unknown> | null) : null;
    // The OAuth2 password form calls it `username`.
    const email = body?.email ?? body?.username;
    if (typeof email === 'string' && email !== '') {
      const key = `${purposeOf(body ?? {})}:${normalised(email)}`;
      keys.push({ key, limit: perEmail, windowSeconds });
    }
    return keys;
  }
}

/**
 * What is tried: all ways to send a password share a window, so that two routes do not allow twice as many guesses;
 * but causing mails for somebody does not lock his sign-in.
 */
function purposeOf(body: Record<string, unknown>): 'password' | 'code' | 'mail' {
  if ('password' in body) return 'password';
  return 'token' in body ? 'code' : 'mail';
}

/** As Supabase compares addresses: spaces around do not count, nor do capitals. */
const normalised = (email: string): string => email.normalize('NFKC').trim().toLowerCase();
