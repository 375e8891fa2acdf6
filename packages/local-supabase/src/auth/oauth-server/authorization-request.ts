import type { Challenge } from '../tokens/pkce.ts';
import type { AuthorizationRequest } from './authorizations.repository.ts';
import { DEFAULT_SCOPE, SCOPES, scopesIn } from './scopes.ts';

/** What a request asks for, or what is wrong with it, in GoTrue's words: its application is told. */
export function checkRequest(
  query: URLSearchParams,
): Pick<AuthorizationRequest, 'scope' | 'resource' | 'nonce' | 'challenge'> | string {
  const text = (name: string): string => query.get(name) ?? '';
  if ((text('response_type') || 'code') !== 'code') return 'only response_type=code is supported';
  const scopes = scopesIn(text('scope') || DEFAULT_SCOPE);
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) return `unsupported scope: ${unknown}`;
  const resource = text('resource');
  if (resource !== '' && !isResource(resource)) return 'resource must be an absolute URI without a fragment';
  const challenge = challengeOf(text('code_challenge'), text('code_challenge_method'));
  if (typeof challenge === 'string') return challenge;
  return { scope: scopes.join(' '), resource, nonce: text('nonce'), challenge };
}

/** OAuth 2.1 knows no code without PKCE. */
function challengeOf(challenge: string, method: string): Challenge | string {
  if (challenge === '' || method === '') {
    return 'PKCE flow requires both code_challenge and code_challenge_method';
  }
  const lower = method.toLowerCase();
  if (lower !== 's256' && lower !== 'plain') return "code_challenge_method must be 'S256' or 'plain'";
  if (challenge.length < 43 || challenge.length > 128) {
    return 'code_challenge must be between 43 and 128 characters';
  }
  return { challenge, method: lower };
}

const isResource = (text: string): boolean => URL.canParse(text) && !text.includes('#');
