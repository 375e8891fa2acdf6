import type { FastifyReply, FastifyRequest } from 'fastify';
import type { KeyRing } from '../context.ts';

/** How a request without a good key is answered; the words are the hosted gateway's. */
const MISSING = {
  message: 'No API key found in request',
  hint: 'No `apikey` request header or url param was found.',
};
const INVALID = {
  message: 'Invalid API key',
  hint: 'Double check your Supabase `anon` or `service_role` API key.',
};

/**
 * Checks the `apikey` header or parameter as Supabase's gateway does, and puts a key's own token in place where a user's
 * token is missing: what is behind the gateway sees only JWTs.
 */
export function apiKeyGuard(keys: KeyRing, isOpen: (path: string) => boolean, prefix: string) {
  const tokens = new Map([
    [keys.publishableKey, keys.anonKey],
    [keys.anonKey, keys.anonKey],
    [keys.secretKey, keys.serviceRoleKey],
    [keys.serviceRoleKey, keys.serviceRoleKey],
  ]);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const key = keyOf(request);
    const token = key === undefined ? undefined : (tokens.get(key) ?? (await ownToken(keys, key)));
    if (token !== undefined && !carriesUserToken(request, key))
      request.headers.authorization = `Bearer ${token}`;
    if (token !== undefined || request.method === 'OPTIONS') return undefined;
    const path = request.url.slice(prefix.length).replace(/\?.*$/s, '');
    if (isOpen(path === '' ? '/' : path)) return undefined;
    return reply.code(401).send(key === undefined ? MISSING : INVALID);
  };
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers.apikey;
  if (typeof header === 'string' && header !== '') return header;
  const parameter = (request.query as Record<string, unknown>).apikey;
  return typeof parameter === 'string' && parameter !== '' ? parameter : undefined;
}

/** Opaque keys are no tokens, whatever a client library puts into the header. */
function carriesUserToken(request: FastifyRequest, key: string | undefined): boolean {
  const { authorization } = request.headers;
  if (authorization === undefined || authorization === '') return false;
  return !/^bearer\s+sb_/i.test(authorization) && authorization !== `Bearer ${key ?? ''}`;
}

/** Any token that this project signed will do as a key, as it does for the legacy keys. */
async function ownToken(keys: KeyRing, key: string): Promise<string | undefined> {
  try {
    await keys.verify(key);
    return key;
  } catch {
    return undefined;
  }
}
