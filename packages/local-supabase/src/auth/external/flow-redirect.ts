import { AuthError } from '../errors/auth-error.ts';
import { databaseRefusal } from '../errors/database-refusal.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { TokenResponse } from '../sessions/session-issuer.ts';

const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
};
/** In every fragment that comes from here, so that applications know it from one of somebody else; GoTrue's. */
export const FRAGMENT_MARK = { sb: '' } as const;
/** Refusals that are the user's, whatever their status says. */
const DENIALS = new Set(['signup_disabled', 'user_banned', 'provider_email_needs_verification']);

/** What the browser is told of a failed sign-in, by OAuth's names and GoTrue's `error_code`. */
export function errorParameters(error: unknown): Record<string, string> {
  if (error instanceof OAuthError) return { error: error.error, error_description: error.message };
  const refusal = error instanceof AuthError ? error : databaseRefusal(error);
  if (refusal === undefined) {
    return {
      error: 'server_error',
      error_code: 'unexpected_failure',
      error_description: 'Unexpected failure, please check server logs for more information',
    };
  }
  const name = DENIALS.has(refusal.code) ? 'access_denied' : OAUTH_ERRORS[refusal.status];
  return {
    error: name ?? 'server_error',
    error_code: refusal.code,
    error_description: refusal.message,
  };
}

/** The address with an error in its query and, for older clients, in its fragment. */
export function withError(url: string, error: unknown): string {
  const parameters = errorParameters(error);
  return `${withQuery(url, parameters)}#${new URLSearchParams({ ...parameters, ...FRAGMENT_MARK }).toString()}`;
}

/** The address with further parameters; without its fragment. */
export function withQuery(url: string, parameters: Readonly<Record<string, string>>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  target.hash = '';
  return target.href;
}

/** The address with the session in its fragment, as clients of the implicit flow read it. */
export function withSession(
  url: string,
  session: TokenResponse,
  extra: Readonly<Record<string, string>>,
): string {
  const { access_token, expires_at, expires_in, refresh_token, token_type } = session;
  const fragment = new URLSearchParams({
    access_token,
    expires_at: String(expires_at),
    expires_in: String(expires_in),
    ...extra,
    refresh_token,
    ...FRAGMENT_MARK,
    token_type,
  });
  return `${url}#${fragment.toString()}`;
}
