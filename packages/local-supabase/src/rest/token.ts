import { errors } from 'jose';
import type { KeyRing } from '../context.ts';
import { refusals } from './errors/refusals.ts';
import { RestError } from './errors/rest.error.ts';
import type { Caller } from './rest.types.ts';

const ANONYMOUS = 'anon';
/** How much a clock may differ from ours. */
const SKEW_S = 30;

/** Who the bearer token says asks; nobody without one. @throws RestError PGRST301, PGRST303 */
export async function callerOf(keys: KeyRing, authorization: string | undefined): Promise<Caller> {
  if (/^bearer\s*$/i.test(authorization ?? ''))
    throw refusals.token('PGRST301', 'Empty JWT is sent in Authorization header');
  const token = /^bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { role: ANONYMOUS, claims: { role: ANONYMOUS } };
  try {
    const claims = await keys.verify(token);
    if ((claims.iat ?? 0) > Date.now() / 1000 + SKEW_S)
      throw refusals.token('PGRST303', 'JWT issued at future');
    const role = typeof claims.role === 'string' && claims.role !== '' ? claims.role : ANONYMOUS;
    return { role, claims: { ...claims, role } };
  } catch (error) {
    if (error instanceof RestError) throw error;
    if (error instanceof errors.JWTExpired) throw refusals.token('PGRST303', 'JWT expired');
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')
      throw refusals.token('PGRST303', 'JWT not yet valid');
    const parts = token.split('.').length;
    if (parts !== 3) throw refusals.token('PGRST301', `Expected 3 parts in JWT; got ${parts}`);
    throw refusals.token(
      'PGRST301',
      'No suitable key or wrong key type',
      'None of the keys was able to decode the JWT',
    );
  }
}
