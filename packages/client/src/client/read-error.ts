import {
  ApiError,
  AuthenticationError,
  ConflictError,
  InsufficientCreditsError,
  InternalError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionDeniedError,
  RateLimitError,
  UnavailableError,
  ValidationError,
  type ErrorAnswer,
  type FieldFault,
} from './errors.ts';

const BY_CODE: Readonly<Record<string, typeof ApiError>> = {
  INSUFFICIENT_CREDITS: InsufficientCreditsError,
  VALIDATION_ERROR: ValidationError,
};

const BY_STATUS: Readonly<Record<number, typeof ApiError>> = {
  400: ValidationError,
  401: AuthenticationError,
  403: PermissionDeniedError,
  404: NotFoundError,
  409: ConflictError,
  413: PayloadTooLargeError,
  422: ValidationError,
  429: RateLimitError,
  500: InternalError,
  502: UnavailableError,
  503: UnavailableError,
  504: UnavailableError,
};

/** The exception for an answer that is no success. Reads the body to its end. */
export async function readError(response: Response): Promise<ApiError> {
  const answer = answerOf(response, await bodyOf(response));
  const kind = BY_CODE[answer.code] ?? BY_STATUS[answer.status] ?? ApiError;
  return new kind(answer);
}

/** The whole seconds of `Retry-After`, which may also be a date; undefined without one. */
export function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
}

/** Both representations, and the OAuth2 one of the token endpoint. */
function answerOf(response: Response, body: Readonly<Record<string, unknown>>): ErrorAnswer {
  const error = isRecord(body.error) ? body.error : body;
  const code = text(error.code) ?? text(error.error_code) ?? text(body.error);
  return {
    status: response.status,
    code: code ?? `HTTP_${String(response.status)}`,
    detail:
      text(error.detail) ??
      text(body.error_description) ??
      (response.statusText || `The server answered ${String(response.status)}`),
    requestId: text(error.request_id) ?? response.headers.get('x-request-id') ?? undefined,
    retryAfter: retryAfterOf(response),
    errors: Array.isArray(error.errors) ? error.errors.filter(isFault) : [],
  };
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(await response.text());
    return isRecord(body) ? body : {};
  } catch {
    // A proxy's page, or an answer that broke off: the status says enough.
    return {};
  }
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isFault = (value: unknown): value is FieldFault => isRecord(value) && typeof value.field === 'string';
