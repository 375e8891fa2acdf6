import { createHash } from 'node:crypto';
import { refuse } from '../errors/catalogue.ts';

/** What a client sends to start a PKCE flow. */
export interface Challenge {
  readonly challenge: string;
  readonly method: 's256' | 'plain';
}

/** The challenge of a request, or undefined for the implicit flow. Refuses half of one and a malformed one. */
export function readChallenge(challenge: string, method: string): Challenge | undefined {
  if ((challenge === '') !== (method === '')) {
    throw refuse.validation('PKCE flow requires code_challenge_method and code_challenge');
  }
  if (challenge === '') return undefined;
  if (challenge.length < 43 || challenge.length > 128) {
    throw refuse.validation('code challenge has to be between 43 and 128 characters');
  }
  if (!/^[a-zA-Z._~0-9-]+$/.test(challenge)) {
    throw refuse.validation(
      'code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes',
    );
  }
  const lower = method.toLowerCase();
  if (lower !== 's256' && lower !== 'plain') {
    throw refuse.validation(`unsupported code_challenge method "${method}"`);
  }
  return { challenge, method: lower };
}

/** Refuses a verifier that is not the one the challenge was made from. */
export function checkVerifier(
  flow: { code_challenge: string; code_challenge_method: string },
  verifier: string,
): void {
  const actual =
    flow.code_challenge_method === 's256'
      ? createHash('sha256').update(verifier).digest('base64url')
      : verifier;
  if (actual !== flow.code_challenge) throw refuse.badCodeVerifier();
}
