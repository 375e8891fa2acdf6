import type { FastifyRequest } from 'fastify';
import type { KeyRing } from '../../context.ts';
import { ANONYMOUS, type Caller, type RequestScope } from '../database/caller.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { Operation } from './operations.ts';

/** Three parts, as every signed token has them. */
const COMPACT = /^[\w-]+\.[\w-]*\.[\w-]+$/;

/** Who makes a request: the token in `Authorization`, or in `apikey` when there is no other. */
export class Access {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** For routes that need a token. @throws StorageError AccessDenied with the reason why the token is none */
  async required(request: FastifyRequest, operation: Operation): Promise<RequestScope> {
    return scopeOf(request, operation, await this.callerOf(this.#tokenOf(request)));
  }

  /** For routes that also serve those without a token: a bad token counts as none. */
  async optional(request: FastifyRequest, operation: Operation): Promise<RequestScope> {
    const caller = await this.callerOf(this.#tokenOf(request)).catch(() => ANONYMOUS);
    return scopeOf(request, operation, caller);
  }

  /** For routes that do not look at tokens: public and signed URLs. */
  public(request: FastifyRequest, operation: Operation): RequestScope {
    return scopeOf(request, operation, ANONYMOUS);
  }

  /** Who a token says one is. @throws StorageError AccessDenied with the reason why it is none */
  async callerOf(token: string): Promise<Caller> {
    if (!COMPACT.test(token)) throw STORAGE_ERRORS.accessDenied('Invalid Compact JWS');
    const claims: Caller['claims'] = await this.#keys.verify(token).catch((error: unknown) => {
      throw STORAGE_ERRORS.accessDenied(error instanceof Error ? error.message : undefined, error);
    });
    return {
      role: typeof claims.role === 'string' && claims.role !== '' ? claims.role : 'anon',
      claims,
      token,
      ...(claims.sub !== undefined && { owner: claims.sub }),
      authenticated: true,
    };
  }

  #tokenOf({ headers }: FastifyRequest): string {
    const bearer = (headers.authorization ?? '').replace(/^Bearer\s+/i, '');
    const apiKey = typeof headers.apikey === 'string' ? headers.apikey : '';
    const token = bearer === '' ? apiKey : bearer;
    if (token === this.#keys.secretKey) return this.#keys.serviceRoleKey;
    if (token === this.#keys.publishableKey) return this.#keys.anonKey;
    return token;
  }
}

function scopeOf(request: FastifyRequest, operation: Operation, caller: Caller): RequestScope {
  return { caller, operation, method: request.method, path: request.url, headers: request.headers };
}
