import type { FastifyReply, FastifyRequest } from 'fastify';

/** What the gateway lets scripts of any origin do. */
export const CORS = {
  origin: '*',
  methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'],
  maxAge: 3600,
} as const;

/**
 * Answers a browser's preflight request, for parts to which every other `OPTIONS` request goes. Whatever headers are asked
 * for are allowed: whoever is behind the gateway need not know them.
 */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { origin, 'access-control-request-method': method } = request.headers;
  if (request.method !== 'OPTIONS' || origin === undefined || method === undefined) {
    done();
    return;
  }
  void reply
    .code(204)
    .headers({
      'access-control-allow-origin': CORS.origin,
      'access-control-allow-methods': CORS.methods.join(', '),
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
      'access-control-max-age': String(CORS.maxAge),
      vary: 'Access-Control-Request-Headers',
      'content-length': '0',
    })
    .send();
}
