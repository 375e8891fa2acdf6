import type { LoggerService } from '@nestjs/common';
import { endpointOf, type ApiReply, type ApiRequest } from '../http/api-request.js';
import { methodsAt } from '../http/path-methods.js';
import { representationOf } from '../http/representation.js';
import type { AppError } from './app-error.js';
import { renderError } from './render-error.js';
import { renderOAuthError } from './render-oauth-error.js';
import { methodNotAllowed } from './errors.js';
import { toAppError } from './to-app-error.js';

/** The router knows only that nobody serves this method at this path; whether it is the method is to be asked. */
function refusedMethod(thrown: unknown, request: ApiRequest): AppError | undefined {
  if (!request.is404) return undefined;
  const allowed = methodsAt(request);
  return allowed.length > 0 && !allowed.includes(request.method)
    ? methodNotAllowed(allowed, { cause: thrown })
    : undefined;
}

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
  const error = refusedMethod(thrown, request) ?? toAppError(thrown);
  if (error.kind === 'internal' || error.kind === 'unavailable') {
    logger.error({ msg: error.message, request_id: request.id, err: error.cause ?? error });
  }
  // The answer has begun (a stream that broke): nothing can be said any more, so the connection is cut.
  if (reply.sent || reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  sendError(error, request, reply);
}

/** Answers with an error in the shape its endpoint has for errors, and logs nothing. */
export function sendError(error: AppError, request: ApiRequest, reply: ApiReply): void {
  // The router refuses a malformed URL before any hook has run, hence not `request.representation`.
  const rendered =
    endpointOf(request)?.errors === 'oauth2'
      ? renderOAuthError(error)
      : renderError(error, representationOf(request.url), request.id);
  void reply.status(rendered.status).headers(rendered.headers).send(rendered.body);
}
