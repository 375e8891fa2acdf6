import { errors } from 'jose';
import type { KeyRing } from '../context.ts';
import { refusals } from './errors/refusals.ts';
import type { Caller } from './rest.types.ts';

const ANONYMOUS = 'anon';

/** Who the bearer token says asks; nobody without one. @throws RestError PGRST301, PGRST303 */
export async function callerOf(keys: KeyRing, authorization: string | undefined): Promise<Caller> {
  const token = /^bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { role: ANONYMOUS, claims: { role: ANONYMOUS } };
  try {
    const claims = await keys.verify(token);
    const role = typeof claims.role === 'string' && claims.role !== '' ? claims.role : ANONYMOUS;
    return { role, claims: { ...claims, role } };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw refusals.token('PGRST303', 'JWT expired');
    const parts = token.split('.').length;
    if (parts !== 3) throw refusals.token('PGRST301', `Expected 3 parts in JWT; got ${parts}`);
    throw refusals.token('PGRST301', 'No suitable key or wrong key type');
  }
}
