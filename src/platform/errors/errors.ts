import type { Represented } from '../http/representation.js';
import { AppError, type AppErrorOptions, type FieldError } from './app-error.js';

type Detail = string | Represented<string>;

/** The catalogue: every refusal the product gives is made here, so that its code and status are decided once. */

/** The request is not what the endpoint takes: 400 in the plain representation, 422 in the enveloped one. */
export const invalid = (detail: Detail, options?: AppErrorOptions): AppError =>
  new AppError('validation', 'VALIDATION_ERROR', detail, options);

/** As `invalid`, with one entry per fault; the detail is all their messages. */
export const invalidFields = (errors: FieldError[]): AppError =>
  invalid(errors.map((error) => error.message).join('; '), { errors });

/** Nobody we know: no token, a bad one, or bad credentials. */
export const unauthenticated = (
  detail: Detail = 'Not authenticated',
  options: AppErrorOptions = {},
): AppError =>
  new AppError('authentication', 'AUTHENTICATION_ERROR', detail, {
    ...options,
    headers: { 'www-authenticate': 'Bearer', ...options.headers },
  });

/** Somebody we know, who may not. */
export const forbidden = (
  detail: Detail = 'You do not have permission to perform this action.',
  options?: AppErrorOptions,
): AppError => new AppError('permission', 'PERMISSION_DENIED', detail, options);

/** The balance does not cover the price; nothing has run. */
export const insufficientCredits = (options?: AppErrorOptions): AppError =>
  new AppError(
    'insufficient_credits',
    'INSUFFICIENT_CREDITS',
    'Insufficient credits for this operation.',
    options,
  );

export const notFound = (detail: Detail = 'Not found.', options?: AppErrorOptions): AppError =>
  new AppError('not_found', 'NOT_FOUND', detail, options);

/** The path is served, though not by this method; `allowed` are those it takes. */
export const methodNotAllowed = (allowed: readonly string[], options?: AppErrorOptions): AppError =>
  new AppError('method_not_allowed', 'METHOD_NOT_ALLOWED', 'This path does not take this method.', {
    ...options,
    headers: { allow: allowed.join(', ') },
  });

/** The request contradicts what is stored. */
export const conflict = (detail: Detail, options?: AppErrorOptions): AppError =>
  new AppError('conflict', 'CONFLICT', detail, options);

export const payloadTooLarge = (
  detail: Detail = 'The request body is too large.',
  options?: AppErrorOptions,
): AppError => new AppError('payload_too_large', 'PAYLOAD_TOO_LARGE', detail, options);

export const unsupportedMediaType = (
  detail: Detail = 'This content type is not supported here.',
  options?: AppErrorOptions,
): AppError => new AppError('unsupported_media_type', 'UNSUPPORTED_MEDIA_TYPE', detail, options);

/** None of the bytes that were asked for are there. */
export const rangeNotSatisfiable = (
  detail: Detail = 'The requested range is not satisfiable.',
  options?: AppErrorOptions,
): AppError => new AppError('range_not_satisfiable', 'RANGE_NOT_SATISFIABLE', detail, options);

/** The header of the request is larger than the server reads. */
export const headersTooLarge = (options?: AppErrorOptions): AppError =>
  new AppError(
    'headers_too_large',
    'HEADERS_TOO_LARGE',
    'The headers of the request are too large.',
    options,
  );

/** The request did not arrive as a whole in time. */
export const requestTimeout = (options?: AppErrorOptions): AppError =>
  new AppError('timeout', 'REQUEST_TIMEOUT', 'The request took too long to arrive.', options);

/** A quota or a guessing limit is used up. `retryAfter` is in seconds. */
export const rateLimited = (retryAfter: number, options?: AppErrorOptions): AppError =>
  new AppError('rate_limited', 'RATE_LIMIT_EXCEEDED', 'Request limit exceeded. Try again later.', {
    ...options,
    retryAfter,
  });

/** Something we stand on (Supabase, Postgres) cannot be reached, is too slow or answers nonsense. */
export const unavailable = (
  detail: Detail = 'A service this request needs is not available. Try again later.',
  options: AppErrorOptions = {},
): AppError => new AppError('unavailable', 'UPSTREAM_UNAVAILABLE', detail, { retryAfter: 1, ...options });

/** A fault of ours. The cause is logged; the client gets the request id only. */
export const internal = (cause: unknown): AppError =>
  new AppError('internal', 'INTERNAL_ERROR', 'Something went wrong on our side.', { cause });
