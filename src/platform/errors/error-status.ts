import type { Represented } from '../http/representation.js';
import type { ErrorKind } from './app-error.js';

/** Kind to status. A kind without a line here does not compile. */
export const ERROR_STATUS: Readonly<Record<ErrorKind, number | Represented<number>>> = {
  validation: { plain: 400, enveloped: 422 },
  authentication: 401,
  permission: 403,
  insufficient_credits: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  timeout: 408,
  conflict: 409,
  precondition_failed: 412,
  payload_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
};
