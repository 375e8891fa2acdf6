import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, type ErrorKind } from '../platform/errors/app-error.js';
import { toAppError } from '../platform/errors/to-app-error.js';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';

interface OAuthError {
  status: number;
  error: string;
}

/** Codes and statuses of RFC 6749, 5.2, and of 4.1.2.1 for what that section does not know. */
const OF_KIND: Partial<Record<ErrorKind, OAuthError>> = {
  validation: { status: 400, error: 'invalid_request' },
  authentication: { status: 400, error: 'invalid_grant' },
  permission: { status: 400, error: 'unauthorized_client' },
  rate_limited: { status: 429, error: 'temporarily_unavailable' },
  unavailable: { status: 503, error: 'temporarily_unavailable' },
};

const OTHERWISE: OAuthError = { status: 500, error: 'server_error' };

/** Errors of the token endpoint, as OAuth2 clients read them. */
@Catch()
export class OAuthErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(OAuthErrorFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const error = toAppError(thrown);
    if (error.kind === 'internal' || error.kind === 'unavailable') {
      const { id } = http.getRequest<ApiRequest>();
      this.logger.error({ msg: error.message, request_id: id, err: error.cause ?? error });
    }
    const { status, error: code } = OF_KIND[error.kind] ?? OTHERWISE;
    const description = typeof error.detail === 'string' ? error.detail : error.detail.plain;
    void http
      .getResponse<ApiReply>()
      .status(status)
      .headers({
        'cache-control': 'no-store',
        pragma: 'no-cache',
        ...(error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter)) }),
      })
      .send({
        error: error.code === UNSUPPORTED_GRANT ? 'unsupported_grant_type' : code,
        error_description: description,
      });
  }
}

const UNSUPPORTED_GRANT = 'UNSUPPORTED_GRANT_TYPE';

/** The request names a grant that is none of ours. */
export const unsupportedGrant = (): AppError =>
  new AppError('validation', UNSUPPORTED_GRANT, 'grant_type must be password or refresh_token');
