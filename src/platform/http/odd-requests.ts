import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { invalid } from '../errors/errors.js';

/** `http://host` of a request target as proxies are sent it (RFC 9112, 3.2.2). */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The path and query of a request target, and nothing else of what the router would look past: what a request costs, in
 * which representation it is answered and what is logged are all read from it.
 */
export function originForm({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const fragment = url.indexOf('#');
  if (url.startsWith('/') && fragment === -1) return url;
  const target = (fragment === -1 ? url : url.slice(0, fragment)).replace(AUTHORITY, '');
  return target.startsWith('?') || target === '' ? `/${target}` : target;
}

/**
 * Node refuses these by itself, with an empty body: a request without `Host`, which gets our kind of refusal, and one
 * that expects something unknown, which is answered as if it did not, as the standard allows (RFC 9110, 10.1.1).
 */
export function answerOddRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { httpVersionMinor, headers } = request.raw;
    done(
      httpVersionMinor === 1 && headers.host === undefined
        ? invalid('The Host header is missing.')
        : undefined,
    );
  });
  fastify.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    fastify.server.emit('request', request, response);
  });
}
