import { createHash } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import type { Issuer } from './issuer-directory.ts';

/** What an ID token says once it is proven to be its issuer's. */
export type IdTokenClaims = JWTPayload & { sub: string };

/** The hash of each signing algorithm; EdDSA's is that of Ed25519. */
const HASHES: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' };

/**
 * Checks signature, issuer, times and, where both are there, that the token belongs to `accessToken` (`at_hash`).
 * The audience is checked where one is given. Rejects with what is wrong.
 */
export async function verifyIdToken(
  token: string,
  issuer: Issuer,
  options: { audience?: readonly string[]; accessToken?: string },
): Promise<IdTokenClaims> {
  const { payload } = await jwtVerify(token, issuer.keys, {
    issuer: issuer.issuer,
    requiredClaims: ['exp', 'iat'],
    ...(options.audience && { audience: [...options.audience] }),
  });
  const { at_hash: expected } = payload;
  if (options.accessToken && typeof expected === 'string' && expected !== '') {
    const actual = accessTokenHash(options.accessToken, decodeProtectedHeader(token).alg ?? '');
    if (actual !== expected) throw new Error('at_hash does not match the access token');
  }
  return { ...payload, sub: payload.sub ?? '' };
}

/** The left half of the access token's hash (OpenID Connect Core, 3.1.3.6). */
export function accessTokenHash(accessToken: string, algorithm: string): string {
  const hash = algorithm === 'EdDSA' || algorithm === 'Ed25519' ? 'sha512' : HASHES[algorithm.slice(2)];
  if (hash === undefined) throw new Error(`at_hash of ${algorithm} is not known`);
  const digest = createHash(hash).update(accessToken).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
