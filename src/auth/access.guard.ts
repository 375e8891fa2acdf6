import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { unauthenticated } from '../platform/errors/errors.js';
import type { Identity } from '../platform/http/actor.js';
import { endpointOf, type ApiRequest } from '../platform/http/api-request.js';
import { bearerToken } from './tokens/bearer-token.js';
import { TokenCache } from './tokens/token-cache.service.js';
import { TokenVerifier } from './tokens/token-verifier.service.js';

// One of each for all: an error's stack takes as long to write down as a forged token takes to be found out.
const NO_TOKEN = unauthenticated();
const INVALID_TOKEN = unauthenticated('Invalid or expired authentication token', {
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
});

/**
 * The first guard of every route: who is it? Verifies the bearer token without asking anybody, and sets
 * `request.identity`. Public endpoints serve everybody, with a bad token as without one; all others answer 401.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly cache: TokenCache,
    private readonly verifier: TokenVerifier,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const isPublic = endpointOf(request)?.access === 'public';
    const token = bearerToken(request.headers);
    if (typeof token !== 'string') {
      if (isPublic) return true;
      throw token === null ? NO_TOKEN : INVALID_TOKEN;
    }
    const known = this.cache.get(token);
    if (known === undefined) return this.verify(request, token, isPublic);
    request.identity = known;
    return true;
  }

  private async verify(request: ApiRequest, token: string, isPublic: boolean): Promise<boolean> {
    let identity: Identity | null = null;
    try {
      identity = await this.verifier.verify(token);
    } catch (error) {
      if (!isPublic) throw error;
    }
    if (identity) this.cache.remember(identity);
    else if (!isPublic) throw INVALID_TOKEN;
    request.identity = identity;
    return true;
  }
}
