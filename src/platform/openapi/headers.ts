import type { EndpointMetadata } from '../http/endpoint.decorator.js';
import type { HeadersObject } from './openapi.types.js';

const integer = (description: string, example: number): HeadersObject[string] => ({
  description,
  schema: { type: 'integer', minimum: 0, example },
});

export const REQUEST_ID: HeadersObject = {
  'X-Request-Id': {
    description: 'The id of this request: the one that was sent, if it is a sane one, or a new one.',
    schema: { type: 'string', example: '6f1c2b9e-8f5d-4c1b-9f0e-3b1a7c2d4e5f' },
  },
};

export const RATE_LIMIT: HeadersObject = {
  'X-RateLimit-Limit': integer('Requests a UTC day that the tier allows. Absent for administrators.', 100),
  'X-RateLimit-Remaining': integer('How many of them are left.', 99),
  'X-RateLimit-Reset': integer('Seconds until the count starts anew.', 43_200),
};

export const CREDITS: HeadersObject = {
  'X-Credits-Charged': integer('What this request cost. Only where the endpoint has a rate.', 1),
  'X-Credits-Remaining': integer('The balance after it. Only where the endpoint has a rate.', 99),
};

export const RETRY_AFTER: HeadersObject = {
  'Retry-After': integer('Seconds until another try makes sense.', 60),
};

export const WWW_AUTHENTICATE: HeadersObject = {
  'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string', example: 'Bearer' } },
};

/** The headers of a success. */
export function successHeaders(endpoint: EndpointMetadata): HeadersObject {
  const own = Object.entries(endpoint.headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return {
    ...REQUEST_ID,
    ...(endpoint.uncounted ? {} : RATE_LIMIT),
    ...(endpoint.access === 'public' ? {} : CREDITS),
    ...(Object.fromEntries(own) as HeadersObject),
  };
}
