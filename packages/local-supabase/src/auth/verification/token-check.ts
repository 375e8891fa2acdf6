import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { isExpired, matchesToken, PKCE_PREFIX } from '../tokens/one-time-code.ts';
import { findTokenOwner, type TokenType } from '../tokens/one-time-tokens.repository.ts';
import { findUserByEmail, lockUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import type { VerificationType, VerifyRequest } from './verify-request.ts';

/** The user whose token it was, locked, and what the token turned out to prove. */
export interface CheckedToken {
  user: AuthUser;
  type: Exclude<VerificationType, 'email'>;
}

/** Which stored tokens a verification of each type may use. */
const TOKEN_TYPES: Readonly<Record<VerificationType, readonly TokenType[]>> = {
  signup: ['confirmation_token'],
  invite: ['confirmation_token'],
  recovery: ['recovery_token'],
  magiclink: ['recovery_token'],
  email: ['confirmation_token', 'recovery_token'],
  email_change: ['email_change_token_current', 'email_change_token_new'],
};

/** Finds whose token it is and locks him, so that of two verifications of one token only one finds it unused. */
export async function checkToken(
  tx: Executor,
  request: VerifyRequest,
  audience: string,
  lifetime: number,
): Promise<CheckedToken> {
  const refusal = request.email === undefined ? refuse.linkExpired : refuse.otpExpired;
  const ownerId = await findOwner(tx, request, audience);
  const user = ownerId === undefined ? undefined : await lockUser(tx, ownerId);
  if (user === undefined) throw refusal();
  if (isBanned(user)) throw refuse.banned(403);
  const type = provenType(user, request, lifetime);
  if (type === undefined) throw refusal();
  return { user, type };
}

/** By address where one was sent; an address change may have been confirmed at either of two. */
async function findOwner(
  tx: Executor,
  request: VerifyRequest,
  audience: string,
): Promise<string | undefined> {
  if (request.email !== undefined && request.type !== 'email_change') {
    return (await findUserByEmail(tx, request.email, audience))?.id;
  }
  return findTokenOwner(tx, TOKEN_TYPES[request.type], [request.hash, `${PKCE_PREFIX}${request.hash}`]);
}

function provenType(
  user: AuthUser,
  request: VerifyRequest,
  lifetime: number,
): CheckedToken['type'] | undefined {
  const confirms =
    matchesToken(request.hash, user.confirmation_token) && !isExpired(user.confirmation_sent_at, lifetime);
  const recovers =
    matchesToken(request.hash, user.recovery_token) && !isExpired(user.recovery_sent_at, lifetime);
  switch (request.type) {
    case 'signup':
    case 'invite':
      return confirms ? request.type : undefined;
    case 'recovery':
    case 'magiclink':
      return recovers ? request.type : undefined;
    case 'email':
      if (confirms) return 'signup';
      return recovers ? 'magiclink' : undefined;
    case 'email_change': {
      const known =
        matchesToken(request.hash, user.email_change_token_current) ||
        matchesToken(request.hash, user.email_change_token_new);
      return known && !isExpired(user.email_change_sent_at, lifetime) ? 'email_change' : undefined;
    }
  }
}
