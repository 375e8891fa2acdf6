import { errors, type JWTPayload } from 'jose';
import type { FastifyRequest } from 'fastify';
import type { KeyRing } from '../../context.ts';
import { refuse } from '../errors/catalogue.ts';

/** Go's words for what is wrong with a token; clients match the beginning, `invalid JWT`. */
const FAULTS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'token has invalid claims: token is expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'token has invalid claims: token is not valid yet',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'token signature is invalid: signature is invalid',
  ERR_JWKS_NO_MATCHING_KEY: 'token is unverifiable: error while executing keyfunc: unrecognized JWT kid',
  ERR_JOSE_ALG_NOT_ALLOWED: 'token signature is invalid: signing method is invalid',
};

/** The claims of the request's bearer token. The opaque keys count as the tokens they stand for. */
export async function bearerClaims(request: FastifyRequest, keys: KeyRing): Promise<JWTPayload> {
  const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined || onlyHasLegacyKey(request)) throw refuse.noAuthorization();
  if (token === keys.secretKey) return { role: 'service_role' };
  if (token === keys.publishableKey) return { role: 'anon' };
  try {
    return await keys.verify(token);
  } catch (error) {
    throw refuse.badJwt(`invalid JWT: unable to parse or verify signature, ${fault(error)}`);
  }
}

function fault(error: unknown): string {
  const known = error instanceof errors.JOSEError ? FAULTS[error.code] : undefined;
  return known ?? 'token is malformed: token contains an invalid number of segments';
}

/**
 * The gateway puts a token in place of a missing one. Behind Supabase's own gateway that holds for the opaque keys only:
 * who sends nothing but a legacy key as `apikey` is told that a token is missing.
 */
function onlyHasLegacyKey(request: FastifyRequest): boolean {
  const { apikey } = request.headers;
  return !sendsAuthorization(request) && !(typeof apikey === 'string' && apikey.startsWith('sb_'));
}

/** Whether the client itself sent the header, and not the gateway in its place. */
export function sendsAuthorization({ raw }: FastifyRequest): boolean {
  return raw.rawHeaders.some((name, index) => index % 2 === 0 && /^authorization$/i.test(name));
}
