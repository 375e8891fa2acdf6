import type { Represented } from '../http/representation.js';

/** What went wrong, in the terms of HTTP's families. Each kind has one status, in `error-status.ts`. */
export type ErrorKind =
  | 'validation'
  | 'authentication'
  | 'permission'
  | 'insufficient_credits'
  | 'not_found'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'timeout'
  | 'conflict'
  | 'precondition_failed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'rate_limited'
  | 'headers_too_large'
  | 'internal'
  | 'unavailable';

/** One fault of a request: which field, and what is expected of it. */
export interface FieldError {
  field: string;
  message: string;
}

/** What an error may carry besides its text. */
export interface AppErrorOptions {
  /** One entry per fault, for refused input. */
  errors?: FieldError[];
  /** Seconds until a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number;
  /** What caused it. Logged, never sent. */
  cause?: unknown;
  /** Further response headers, in lower case. */
  headers?: Record<string, string>;
}

/**
 * The one error the product throws. `detail` is safe to show to a client; where the two representations have
 * different fixed texts it holds both.
 */
export class AppError extends Error {
  readonly errors?: FieldError[];
  readonly retryAfter?: number;
  readonly headers?: Record<string, string>;

  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    readonly detail: string | Represented<string>,
    options: AppErrorOptions = {},
  ) {
    super(typeof detail === 'string' ? detail : detail.plain, { cause: options.cause });
    this.name = 'AppError';
    if (options.errors) this.errors = options.errors;
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
    if (options.headers) this.headers = options.headers;
  }
}
