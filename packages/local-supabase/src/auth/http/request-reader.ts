import type { FastifyRequest } from 'fastify';
import type { JWTPayload } from 'jose';
import type { Database, KeyRing } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { requireAdmin, requireUser, type Principal } from './authenticate.ts';
import { clientAddress, forwardedAddress } from './client-address.ts';
import { RedirectTargets } from './redirect-target.ts';
import type { RequestInfo } from './request-info.ts';

const DEFAULT_AUDIENCE = 'authenticated';

/** Reads from a request what all routes need: who sends it, from where, and where its links may lead. */
export class RequestReader {
  readonly #database: Database;
  readonly #keys: KeyRing;
  readonly #targets: RedirectTargets;

  constructor(config: AuthConfig, database: Database, keys: KeyRing) {
    this.#database = database;
    this.#keys = keys;
    this.#targets = new RedirectTargets(config.siteUrl, config.redirectUrls);
  }

  /** The signed-in user; refused with 401 or 403 when there is none. */
  user(request: FastifyRequest): Promise<Principal> {
    return requireUser(request, this.#keys, this.#database.pool);
  }

  /** The administrator's role; refused with 401 or 403 for anybody else. */
  admin(request: FastifyRequest): Promise<string> {
    return requireAdmin(request, this.#keys);
  }

  /** Whether a page may be at `url`. */
  isAllowed(url: string): boolean {
    return this.#targets.isAllowed(url);
  }

  /** Where the request comes from and what it asks for besides its body. `claims` are those of its token. */
  info(request: FastifyRequest, claims: JWTPayload = {}, redirectTo = ''): RequestInfo {
    const { headers } = request;
    const asked = redirectTo || single(headers.redirect_to) || queryOf(request).get('redirect_to');
    return {
      ip: forwardedAddress(request, this.#keys) ?? clientAddress(request),
      userAgent: headers['user-agent'] ?? null,
      audience: single(headers['x-jwt-aud']) || audienceOf(claims) || DEFAULT_AUDIENCE,
      redirectTo: this.#targets.choose(asked ?? undefined, headers.referer),
    };
  }
}

/** The request's query. A name given twice counts by its first value. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '');
}

function audienceOf({ aud }: JWTPayload): string {
  return (Array.isArray(aud) ? aud[0] : aud) ?? '';
}

function single(header: string | string[] | undefined): string {
  return (Array.isArray(header) ? header[0] : header) ?? '';
}
