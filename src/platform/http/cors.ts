import cors, { type FastifyCorsOptions, type FastifyCorsOptionsDelegateCallback } from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/config.js';
import { headersAddedBy } from './plugin-headers.js';

/**
 * Lets pages of the configured origins read what is answered; without any, none.
 * @returns what the answer to a request without an origin has of it: caches ask for `Vary` there as well
 */
export async function addCors(
  app: FastifyInstance,
  http: HttpConfig,
): Promise<Readonly<Record<string, string>>> {
  if (http.corsOrigins.length === 0) return {};
  const register = (instance: FastifyInstance): PromiseLike<unknown> =>
    instance.register(cors, () => corsOf(http));
  await register(app);
  return headersAddedBy(register);
}

/** Only what is a preflight request is answered as one: other `OPTIONS` requests go where they were sent. */
function corsOf(http: HttpConfig): FastifyCorsOptionsDelegateCallback {
  const options = corsOptions(http);
  return (request, answer) => {
    const preflight =
      request.headers.origin !== undefined && request.headers['access-control-request-method'] !== undefined;
    answer(null, { ...options, preflight });
  };
}

function corsOptions({ corsOrigins }: HttpConfig): FastifyCorsOptions {
  return {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    // For the cookie of a sign-in at another site: every other request is known by its bearer token alone.
    credentials: !corsOrigins.includes('*'),
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  };
}

/** What a script in a browser may read besides the body. */
const EXPOSED_HEADERS = [
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Retry-After',
  'X-Credits-Charged',
  'X-Credits-Remaining',
  'X-Total-Count',
  'Link',
  'ETag',
  'Content-Range',
  'Accept-Ranges',
];
