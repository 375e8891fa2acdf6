import { decodeJwt } from 'jose';
import type { JWTPayload } from 'jose';
import type { KeyRing } from '../context.ts';
import { REFUSALS, tokenExpired } from './errors.ts';

/** Claims of a token that Realtime accepts: the role to act as, and when it ends (seconds since 1970). */
export type RealtimeClaims = JWTPayload & { readonly role: string; readonly exp: number };

/**
 * The claims of an access token.
 * @throws RealtimeRefusal malformed, forged, expired, or without role or expiry
 */
export async function verifyAccessToken(token: string, keys: KeyRing): Promise<RealtimeClaims> {
  const trimmed = token.replace(/\s/g, '');
  let claimed: JWTPayload;
  try {
    claimed = decodeJwt(trimmed);
  } catch {
    throw REFUSALS.malformedToken;
  }
  let claims: JWTPayload;
  try {
    claims = await keys.verify(trimmed);
  } catch (error) {
    if (isExpiry(error)) throw tokenExpired(secondsSince(claimed.exp ?? 0));
    throw REFUSALS.wrongSignature;
  }
  const { role, exp } = claims;
  if (typeof role !== 'string' || typeof exp !== 'number') throw REFUSALS.missingClaims;
  return { ...claims, role, exp };
}

/** Whole seconds between then (seconds since 1970) and now. */
export const secondsSince = (then: number): number => Math.max(0, Math.floor(Date.now() / 1000) - then);

const isExpiry = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_JWT_EXPIRED';

/**
 * The token behind an API key: the new keys stand for the legacy tokens of their role, a token stands for itself.
 */
export function tokenOfApiKey(key: string, keys: KeyRing): string {
  if (key === keys.publishableKey) return keys.anonKey;
  if (key === keys.secretKey) return keys.serviceRoleKey;
  return key;
}
