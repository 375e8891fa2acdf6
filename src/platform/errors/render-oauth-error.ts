import type { AppError, ErrorKind } from './app-error.js';
import type { RenderedError } from './render-error.js';

/** An error as OAuth2 clients read it (RFC 6749, 5.2). */
export interface OAuthError {
  error: string;
  error_description: string;
}

interface OAuthRefusal {
  status: number;
  error: string;
}

/** Of RFC 6749, 5.2; `temporarily_unavailable` and `server_error` are of 4.1.2.1. */
const OF_KIND: Partial<Record<ErrorKind, OAuthRefusal>> = {
  validation: { status: 400, error: 'invalid_request' },
  authentication: { status: 400, error: 'invalid_grant' },
  not_found: { status: 400, error: 'invalid_request' },
  conflict: { status: 400, error: 'invalid_request' },
  permission: { status: 400, error: 'unauthorized_client' },
  payload_too_large: { status: 413, error: 'invalid_request' },
  unsupported_media_type: { status: 415, error: 'invalid_request' },
  timeout: { status: 408, error: 'invalid_request' },
  rate_limited: { status: 429, error: 'temporarily_unavailable' },
  unavailable: { status: 503, error: 'temporarily_unavailable' },
};

const OTHERWISE: OAuthRefusal = { status: 500, error: 'server_error' };

/** The code of an error whose request names a grant that is none of ours. */
export const UNSUPPORTED_GRANT = 'UNSUPPORTED_GRANT_TYPE';

/** An error of an endpoint that declares `errors: 'oauth2'`: the same in both representations. */
export function renderOAuthError(error: AppError): RenderedError<OAuthError> {
  const { status, error: code } = OF_KIND[error.kind] ?? OTHERWISE;
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...(error.retryAfter === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter))) }),
    },
    body: {
      error: error.code === UNSUPPORTED_GRANT ? 'unsupported_grant_type' : code,
      error_description: typeof error.detail === 'string' ? error.detail : error.detail.plain,
    },
  };
}
