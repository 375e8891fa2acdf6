import type { LoggerService } from '@nestjs/common';
import { endpointOf, type ApiReply, type ApiRequest } from '../http/api-request.js';
import { representationOf } from '../http/representation.js';
import { renderError } from './render-error.js';
import { renderOAuthError } from './render-oauth-error.js';
import { toAppError } from './to-app-error.js';

/**
 * Answers a request with an error. Faults of ours are logged in full under the request id; refusals are not, as the
 * access log already has their status.
 */
export function answerError(
  thrown: unknown,
  request: ApiRequest,
  reply: ApiReply,
  logger: LoggerService,
): void {
  const error = toAppError(thrown);
  if (error.kind === 'internal' || error.kind === 'unavailable') {
    logger.error({ msg: error.message, request_id: request.id, err: error.cause ?? error });
  }
  // The answer has begun (a stream that broke): nothing can be said any more, so the connection is cut.
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  // The router refuses a malformed URL before any hook has run, hence not `request.representation`.
  const rendered =
    endpointOf(request)?.errors === 'oauth2'
      ? renderOAuthError(error)
      : renderError(error, representationOf(request.url), request.id);
  void reply.status(rendered.status).headers(rendered.headers).send(rendered.body);
}
