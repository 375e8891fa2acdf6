import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { answerClientError } from '../errors/client-error.js';
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

/** What can stand for a host and its port; others have their own reading of everything else. */
const HOST = /^[\w.:[\]%~!$&'()*+,;=-]*$/;

/** The first of several is what Node tells, and the last one what others may go by. */
function hasOneHost({ rawHeaders, headers }: IncomingMessage): boolean {
  if (!HOST.test(headers.host ?? '')) return false;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts <= 1;
}

/**
 * Node refuses these by itself, with an empty body or without a word: a request without `Host`, and one for a tunnel, which
 * get our kind of refusal, and one that expects something unknown, which is answered as if it did not, as the standard
 * allows (RFC 9110, 10.1.1). It takes a request with several hosts, or with one that is none, which has to be refused
 * (RFC 9112, 3.2).
 */
export function answerOddRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { httpVersionMinor, headers } = request.raw;
    if (httpVersionMinor === 1 && headers.host === undefined) done(invalid('The Host header is missing.'));
    else done(hasOneHost(request.raw) ? undefined : invalid('The Host header is not valid.'));
  });
  fastify.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    // Node has let go of it: nobody else would hear of what befalls it, and that would end the process.
    socket.on('error', () => undefined);
    answerClientError(new Error('This is no proxy'), socket);
  });
  fastify.server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    fastify.server.emit('request', request, response);
  });
}
