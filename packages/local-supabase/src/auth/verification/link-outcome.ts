import type { AuthError } from '../errors/auth-error.ts';
import { FRAGMENT_MARK } from '../external/flow-redirect.ts';
import { PKCE_PREFIX } from '../tokens/one-time-code.ts';
import type { Verified } from './verify.service.ts';

/** Told to whoever confirmed the first of two addresses. */
export const OTHER_ADDRESS_MESSAGE =
  'Confirmation link accepted. Please proceed to confirm link sent to the other email';

const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

/** Where the browser goes after a followed link: the session in the fragment, the PKCE code in the query. */
export function outcomeUrl(redirectTo: string, outcome: Verified, token: string): string {
  switch (outcome.kind) {
    case 'session': {
      const { access_token, token_type, expires_in, expires_at, refresh_token } = outcome.session;
      const fragment = encode({
        access_token,
        expires_at,
        expires_in,
        refresh_token,
        ...FRAGMENT_MARK,
        token_type,
        type: outcome.type,
      });
      return `${redirectTo}#${fragment}`;
    }
    case 'code':
      return withParameters(redirectTo, { code: outcome.code });
    case 'other-address': {
      const message = { message: OTHER_ADDRESS_MESSAGE };
      const target = token.startsWith(PKCE_PREFIX) ? withParameters(redirectTo, message) : redirectTo;
      return `${withoutFragment(target)}#${encode({ ...message, ...FRAGMENT_MARK })}`;
    }
  }
}

/** Where the browser goes when the link was refused: the reason in the fragment, for PKCE in the query as well. */
export function refusalUrl(redirectTo: string, error: AuthError, token: string): string {
  const name = OAUTH_ERRORS[error.status];
  const reason = {
    ...(name !== undefined && { error: name }),
    error_code: error.code,
    error_description: error.message,
  };
  const target = token.startsWith(PKCE_PREFIX) ? withParameters(redirectTo, reason) : redirectTo;
  return `${withoutFragment(target)}#${encode({ ...reason, ...FRAGMENT_MARK })}`;
}

function withParameters(url: string, parameters: Record<string, string>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  return target.toString();
}

function withoutFragment(url: string): string {
  return url.split('#')[0] ?? url;
}

function encode(parameters: Record<string, string | number>): string {
  return new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}
