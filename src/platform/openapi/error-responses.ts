import { STATUS_CODES } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { ERROR_STATUS } from '../errors/error-status.js';
import * as errors from '../errors/errors.js';
import { renderError } from '../errors/render-error.js';
import type { EndpointMetadata } from '../http/endpoint.decorator.js';
import { represent, type Representation, type Represented } from '../http/representation.js';
import { CREDITS, RATE_LIMIT, REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE } from './headers.js';
import { OAUTH_ERROR, oauthErrorResponses } from './oauth-responses.js';
import type { HeadersObject, ReferenceObject, ResponseObject, Schema } from './openapi.types.js';

/** One documented refusal per status: what it means, and the errors that have it. */
interface ErrorResponse {
  description: string;
  errors: AppError[];
  headers?: HeadersObject;
}

/** What a request that was counted, and perhaps charged and refunded, has in its answer whatever came of it. */
const COUNTED: HeadersObject = { ...RATE_LIMIT, ...CREDITS };

const RESPONSES = {
  Invalid: {
    description: 'The request is not what this endpoint takes.',
    errors: [errors.invalidFields([{ field: 'email', message: 'email must be an email' }])],
    headers: COUNTED,
  },
  Unauthenticated: {
    description: 'No token, a bad one, or bad credentials.',
    errors: [errors.unauthenticated()],
    headers: { ...WWW_AUTHENTICATE, ...RATE_LIMIT },
  },
  Forbidden: {
    description: 'The actor may not do this, is inactive, or has too few credits.',
    errors: [errors.forbidden(), errors.insufficientCredits()],
    headers: COUNTED,
  },
  NotFound: {
    description: 'There is no such thing.',
    errors: [errors.notFound()],
    headers: COUNTED,
  },
  Conflict: {
    description: 'The request contradicts what is stored.',
    errors: [errors.conflict('A rate for this endpoint exists already.')],
    headers: COUNTED,
  },
  RequestTimeout: {
    description: 'The request took too long to arrive. The connection is closed.',
    errors: [errors.requestTimeout()],
  },
  HeadersTooLarge: {
    description: 'The headers of the request are too large. The connection is closed.',
    errors: [errors.headersTooLarge()],
  },
  PayloadTooLarge: { description: 'The body is too large.', errors: [errors.payloadTooLarge()] },
  UnsupportedMediaType: {
    description: 'The body is of a type this endpoint does not read.',
    errors: [errors.unsupportedMediaType()],
  },
  RangeNotSatisfiable: {
    description: 'None of the bytes that were asked for are there; `Content-Range` tells how many there are.',
    errors: [errors.rangeNotSatisfiable()],
    headers: COUNTED,
  },
  RateLimited: {
    description: 'The daily quota, or a limit against guessing, is used up.',
    errors: [errors.rateLimited(3_600)],
    headers: { ...RATE_LIMIT, ...RETRY_AFTER },
  },
  Internal: { description: 'A fault of ours.', errors: [errors.internal(undefined)] },
  Unavailable: {
    description: 'Supabase, or the ledger, cannot be reached. Nothing was charged.',
    errors: [errors.unavailable()],
    headers: RETRY_AFTER,
  },
} satisfies Record<string, ErrorResponse>;

type ErrorName = keyof typeof RESPONSES;

const MEDIA_TYPE: Represented<string> = { plain: 'application/problem+json', enveloped: 'application/json' };

const FIELD_ERRORS: Schema = {
  type: 'array',
  description: 'One entry per fault of the request.',
  items: { $ref: '#/components/schemas/FieldError' },
};

const FIELD_ERROR: Schema = {
  type: 'object',
  required: ['field', 'message'],
  properties: {
    field: { type: 'string', description: 'The property at fault, `outer.inner` inside another.' },
    message: { type: 'string', description: 'What is expected of it.' },
  },
};

const COMMON = {
  detail: { type: 'string', description: 'What went wrong, for people.' },
  timestamp: { type: 'string', format: 'date-time' },
  request_id: { type: 'string', description: 'As in `X-Request-Id`; name it when you ask for help.' },
  errors: FIELD_ERRORS,
} satisfies Record<string, Schema>;

const CODE: Schema = { type: 'string', description: 'A stable name, `UPPER_SNAKE`, for programs.' };

/** The schemas of an error, by representation. */
export const ERROR_SCHEMAS: Represented<Record<string, Schema>> = {
  plain: {
    OAuthError: OAUTH_ERROR,
    FieldError: FIELD_ERROR,
    Problem: {
      type: 'object',
      description: 'Problem details (RFC 9457).',
      required: ['type', 'title', 'status', 'detail', 'code', 'request_id', 'timestamp'],
      properties: {
        type: { type: 'string' },
        title: { type: 'string' },
        status: { type: 'integer' },
        code: CODE,
        ...COMMON,
      },
    },
  },
  enveloped: {
    OAuthError: OAUTH_ERROR,
    FieldError: FIELD_ERROR,
    ErrorEnvelope: {
      type: 'object',
      required: ['success', 'error'],
      properties: {
        success: { type: 'boolean', const: false } as Schema,
        error: {
          type: 'object',
          required: ['error_code', 'detail', 'timestamp', 'request_id'],
          properties: { error_code: CODE, ...COMMON },
        },
      },
    },
  },
};

/** All refusals, as `components.responses`. */
export function errorResponses(representation: Representation): Record<string, ResponseObject> {
  return Object.fromEntries(
    Object.entries(RESPONSES).map(([name, response]) => [name, responseOf(response, representation)]),
  );
}

function responseOf(response: ErrorResponse, representation: Representation): ResponseObject {
  const examples = response.errors.map((error) => [
    error.code,
    { value: renderError(error, representation, EXAMPLE_ID, EXAMPLE_TIME).body },
  ]);
  const schema = representation === 'plain' ? 'Problem' : 'ErrorEnvelope';
  return {
    description: response.description,
    headers: { ...REQUEST_ID, ...response.headers },
    content: {
      [MEDIA_TYPE[representation]]: {
        schema: { $ref: `#/components/schemas/${schema}` },
        examples: Object.fromEntries(examples) as Record<string, { value: unknown }>,
      },
    },
  };
}

const EXAMPLE_TIME = new Date('2026-01-01T00:00:00Z');
const EXAMPLE_ID = '6f1c2b9e-8f5d-4c1b-9f0e-3b1a7c2d4e5f';

/** The refusals an endpoint can give: those it declares, and those that follow from its access and its input. */
export function errorReferences(
  endpoint: EndpointMetadata,
  representation: Representation,
  takes: { body: boolean; input: boolean },
): Record<string, ReferenceObject | ResponseObject> {
  if (endpoint.errors === 'oauth2') return oauthErrorResponses();
  const declared = endpoint.refusals ?? [];
  const restricted = endpoint.access !== 'public';
  const names: [boolean, ErrorName][] = [
    [takes.input || declared.includes('upstream'), 'Invalid'],
    [restricted || declared.includes('authentication'), 'Unauthenticated'],
    [restricted || declared.includes('permission'), 'Forbidden'],
    [declared.includes('not_found'), 'NotFound'],
    [declared.includes('conflict'), 'Conflict'],
    [takes.body, 'RequestTimeout'],
    [takes.body, 'PayloadTooLarge'],
    [takes.body, 'UnsupportedMediaType'],
    [declared.includes('range'), 'RangeNotSatisfiable'],
    [!endpoint.uncounted, 'RateLimited'],
    [true, 'HeadersTooLarge'],
    [true, 'Internal'],
    [!endpoint.uncounted, 'Unavailable'],
  ];
  return Object.fromEntries(
    names
      .filter(([given]) => given)
      .map(([, name]) => [statusOf(name, representation), { $ref: `#/components/responses/${name}` }]),
  );
}

function statusOf(name: ErrorName, representation: Representation): string {
  const [error] = RESPONSES[name].errors;
  const status = error ? represent(ERROR_STATUS[error.kind], representation) : 500;
  if (STATUS_CODES[status] === undefined) throw new Error(`${name} has no status`);
  return String(status);
}
