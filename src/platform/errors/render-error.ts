import { STATUS_CODES } from 'node:http';
import { represent, type Representation } from '../http/representation.js';
import type { AppError, FieldError } from './app-error.js';
import { ERROR_STATUS } from './error-status.js';

/** RFC 9457 problem details, with the contract's additions. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  timestamp: string;
  errors?: FieldError[];
}

/** The enveloped representation of an error. */
export interface ErrorEnvelope {
  success: false;
  error: {
    error_code: string;
    detail: string;
    timestamp: string;
    request_id: string;
    errors?: FieldError[];
  };
}

export interface RenderedError<Body = Problem | ErrorEnvelope> {
  status: number;
  headers: Record<string, string>;
  body: Body;
}

/** An error as it goes over the wire, in the representation that was asked for. */
export function renderError(
  error: AppError,
  representation: Representation,
  requestId: string,
  time = new Date(),
): RenderedError {
  const status = represent(ERROR_STATUS[error.kind], representation);
  const headers: Record<string, string> = {
    ...error.headers,
    'content-type':
      representation === 'plain'
        ? 'application/problem+json; charset=utf-8'
        : 'application/json; charset=utf-8',
  };
  if (error.retryAfter !== undefined)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfter)));
  return { status, headers, body: bodyOf(error, status, representation, requestId, time) };
}

function bodyOf(
  error: AppError,
  status: number,
  representation: Representation,
  requestId: string,
  time: Date,
): Problem | ErrorEnvelope {
  const detail = represent(error.detail, representation);
  const timestamp = time.toISOString();
  const errors = error.errors ? { errors: error.errors } : {};
  if (representation === 'enveloped') {
    return {
      success: false,
      error: { error_code: error.code, detail, timestamp, request_id: requestId, ...errors },
    };
  }
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    code: error.code,
    request_id: requestId,
    timestamp,
    ...errors,
  };
}
