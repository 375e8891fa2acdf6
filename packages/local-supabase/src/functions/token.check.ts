import type { KeyRing } from '../context.ts';
import { RUNTIME_ANSWERS } from './errors.ts';
import type { RuntimeAnswer } from './errors.ts';

/** Why a caller may not call a function with `verify_jwt`; undefined when he may. Any valid token of the project will do. */
export async function refuseToken(
  authorization: string | undefined,
  keys: KeyRing,
): Promise<RuntimeAnswer | undefined> {
  if (!authorization) return RUNTIME_ANSWERS.missingToken;
  const [scheme, token] = authorization.split(' ');
  if (scheme !== 'Bearer' || token === undefined) return RUNTIME_ANSWERS.notBearer;
  try {
    await keys.verify(token);
    return undefined;
  } catch {
    return RUNTIME_ANSWERS.invalidToken;
  }
}
