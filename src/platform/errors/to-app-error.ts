import { HttpException } from '@nestjs/common';
import { AppError } from './app-error.js';
import {
  internal,
  invalid,
  notFound,
  payloadTooLarge,
  requestTimeout,
  unavailable,
  unsupportedMediaType,
} from './errors.js';

/**
 * Whatever was thrown, as one of ours. Fastify and Nest throw before our code runs (a body that is no JSON, a path
 * nobody serves); their messages are for developers of servers, so each gets a text of ours.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  switch (statusOf(thrown)) {
    case 400:
    case 414:
    case 422:
      return invalid(malformed(thrown), { cause: thrown });
    // Of what serves the docs, for a path that leads out of them.
    case 403:
    case 404:
    case 405:
      return notFound('There is nothing at this path.', { cause: thrown });
    case 408:
      return requestTimeout({ cause: thrown });
    case 413:
      return payloadTooLarge(undefined, { cause: thrown });
    case 415:
      return unsupportedMediaType(undefined, { cause: thrown });
    case 503:
      return unavailable(undefined, { cause: thrown });
    default:
      return internal(thrown);
  }
}

function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

const MALFORMED: Record<string, string> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The request body does not have the announced length.',
  FST_ERR_BAD_URL: 'The URL is not valid.',
  FST_ERR_MAX_PARAM_LENGTH: 'The URL is too long.',
};

function malformed(thrown: unknown): string {
  const code = (thrown as { code?: unknown }).code;
  return MALFORMED[String(code)] ?? 'The request is malformed.';
}
