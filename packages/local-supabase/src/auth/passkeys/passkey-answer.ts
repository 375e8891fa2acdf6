import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { isUuid } from '../http/uuid.ts';
import type { Executor } from '../database/executor.ts';
import type { JsonObject } from '../users/user.types.ts';
import { takePasskeyChallenge } from './passkeys.repository.ts';

/** What a browser answers to a challenge. */
export interface PasskeyAnswer {
  readonly challengeId: string;
  readonly credential: JsonObject | undefined;
}

/** The random bytes that were to be signed, base64url. Refuses a challenge that is not open, or open no more. */
export async function openChallenge(
  db: Executor,
  { challengeId }: PasskeyAnswer,
  userId: string | null,
): Promise<string> {
  if (challengeId === '') throw refuse.validation('challenge_id is required');
  if (!isUuid(challengeId)) throw refuse.validation('challenge_id must be a valid UUID');
  const open = await takePasskeyChallenge(db, challengeId, userId);
  if (open === undefined) {
    throw new AuthError(400, 'webauthn_challenge_not_found', 'Challenge not found or already used');
  }
  if (open.expires_at.getTime() < Date.now()) {
    throw new AuthError(400, 'webauthn_challenge_expired', 'Challenge has expired');
  }
  return open.challenge;
}

/** A credential as a browser's `toJSON` writes it. Its content is checked by whoever verifies it. */
export function readCredential(answer: PasskeyAnswer): AuthenticationResponseJSON & RegistrationResponseJSON {
  if (answer.credential === undefined) throw refuse.validation('credential is required');
  const { id, rawId, type, response } = answer.credential;
  const isWhole =
    typeof id === 'string' &&
    typeof rawId === 'string' &&
    type === 'public-key' &&
    typeof response === 'object';
  if (!isWhole || response === null) throw notVerified('Invalid credential response');
  return answer.credential as unknown as AuthenticationResponseJSON & RegistrationResponseJSON;
}

export function notVerified(message = 'Credential verification failed', cause?: unknown): AuthError {
  return Object.assign(new AuthError(400, 'webauthn_verification_failed', message), { cause });
}
