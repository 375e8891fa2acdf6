/** Everything this package throws on purpose is one of these. */
export class SupanestError extends Error {
  override name = 'SupanestError';
}

/** One fault of a request that was not valid. */
export interface FieldFault {
  field: string;
  message: string;
}

/** What an error answer says, read from either representation. */
export interface ErrorAnswer {
  /** The HTTP status. */
  status: number;
  /** Stable, UPPER_SNAKE: the same for the same reason, whatever the text says. */
  code: string;
  /** A sentence for people. */
  detail: string;
  /** What the server logs it under; undefined when something in between has answered. */
  requestId: string | undefined;
  /** Seconds after which it is worth trying again; undefined when the server did not say. */
  retryAfter: number | undefined;
  /** One for each fault of an invalid request. */
  errors: readonly FieldFault[];
}

/** The server refused a call, or failed. The subclass names the reason. */
export class ApiError extends SupanestError implements ErrorAnswer {
  override name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly errors: readonly FieldFault[];

  constructor(answer: ErrorAnswer) {
    super(`${answer.detail} (${answer.code}, ${String(answer.status)})`);
    this.status = answer.status;
    this.code = answer.code;
    this.detail = answer.detail;
    this.requestId = answer.requestId;
    this.retryAfter = answer.retryAfter;
    this.errors = answer.errors;
  }
}

/** The request is not what the endpoint takes; `errors` says where. */
export class ValidationError extends ApiError {
  override name = 'ValidationError';
}

/** Nobody is signed in, or with wrong credentials. */
export class AuthenticationError extends ApiError {
  override name = 'AuthenticationError';
}

/** The session is over: its credentials have been deleted, and somebody has to sign in again. */
export class SignedOutError extends AuthenticationError {
  override name = 'SignedOutError';
}

export class PermissionDeniedError extends ApiError {
  override name = 'PermissionDeniedError';
}

/** The balance does not cover the price; nothing has run. */
export class InsufficientCreditsError extends PermissionDeniedError {
  override name = 'InsufficientCreditsError';
}

export class NotFoundError extends ApiError {
  override name = 'NotFoundError';
}

/** The request contradicts what is there. */
export class ConflictError extends ApiError {
  override name = 'ConflictError';
}

export class PayloadTooLargeError extends ApiError {
  override name = 'PayloadTooLargeError';
}

/** Too many requests; `retryAfter` says when there may be more. */
export class RateLimitError extends ApiError {
  override name = 'RateLimitError';
}

/** Something the server stands on is away. */
export class UnavailableError extends ApiError {
  override name = 'UnavailableError';
}

/** A fault of the server's. Its log has the cause under `requestId`. */
export class InternalError extends ApiError {
  override name = 'InternalError';
}

/** No answer came: the server cannot be reached, or the connection broke. `cause` has what `fetch` threw. */
export class NetworkError extends SupanestError {
  override name = 'NetworkError';

  constructor(url: string, cause: unknown) {
    super(`No answer from ${new URL(url).origin}`, { cause });
  }
}
