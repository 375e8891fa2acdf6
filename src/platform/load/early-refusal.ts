import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { AppError } from '../errors/app-error.js';
import { renderError } from '../errors/render-error.js';
import type { EndpointMetadata } from '../http/endpoint.decorator.js';
import { representationOf } from '../http/representation.js';
import { requestIdOf } from '../http/request-id.js';

/** What is refused early. */
export interface EarlyRefusal {
  error: AppError;
  /** Asked for each request; what is refused here is told by `refused`. */
  isDue: () => boolean;
  refused: () => void;
  /** What every answer has besides its own headers. */
  headers: Readonly<Record<string, string>>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Refuses requests before Fastify has them, in the same words as behind it, for half of what that costs: under load the time that
 * refusals take is taken from those who are served. Only what is simple is refused here: no body is on its way, no browser
 * looks for headers of its own, and no endpoint at the path is exempt or has errors of another shape. The rest goes on.
 */
export function refuseEarly(fastify: FastifyInstance, refusal: EarlyRefusal): void {
  const exempt = pathsOfExceptions(fastify);
  let closing = false;
  fastify.addHook('onReady', (done) => {
    const [handle] = fastify.server.listeners('request') as Handler[];
    if (!handle) throw new Error('Fastify does not listen to requests of its server');
    fastify.server.removeListener('request', handle);
    fastify.server.on('request', (request, response) => {
      if (!closing && refusal.isDue() && isSimple(request, exempt)) answer(refusal, request, response);
      else handle(request, response);
    });
    done();
  });
  // Connections are told to close from then on, which Fastify does.
  fastify.addHook('preClose', (done) => {
    closing = true;
    done();
  });
}

/** Those without parameters; an endpoint with parameters has nothing to make an exception for. */
function pathsOfExceptions(fastify: FastifyInstance): ReadonlySet<string> {
  const paths = new Set<string>();
  fastify.addHook('onRoute', ({ url, config }) => {
    const { endpoint } = (config ?? {}) as { endpoint?: EndpointMetadata };
    if (endpoint && (isAlwaysServed(endpoint) || endpoint.errors === 'oauth2')) paths.add(url);
  });
  return paths;
}

/** What costs nothing and tells a balancer whether the process lives. */
export function isAlwaysServed(endpoint: EndpointMetadata | undefined): boolean {
  return endpoint?.uncounted === true && endpoint.access === 'public';
}

function isSimple({ method, url = '', headers }: IncomingMessage, exempt: ReadonlySet<string>): boolean {
  if (method !== 'GET' || !url.startsWith('/api/') || headers.origin !== undefined) return false;
  if (headers.host === undefined || Number(headers['content-length'] ?? 0) > 0) return false;
  if (headers['transfer-encoding'] !== undefined) return false;
  const path = url.split('?', 1)[0] ?? '';
  // Another spelling may be that of an exception.
  return !/[%#]|\/$/.test(path) && !exempt.has(path);
}

function answer(
  { error, refused, headers }: EarlyRefusal,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  refused();
  const id = requestIdOf(request);
  const rendered = renderError(error, representationOf(request.url ?? ''), id);
  const body = JSON.stringify(rendered.body);
  response.writeHead(rendered.status, {
    'x-request-id': id,
    ...headers,
    ...rendered.headers,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
