import type { FastifyInstance, FastifyReply } from 'fastify';
import { endpointOf, type ApiRequest } from './api-request.js';
import { representationOf } from './representation.js';

/**
 * The hooks every request passes, in Fastify rather than in Nest because they also hold for requests that reach no
 * handler, and because the plain representation then costs nothing.
 */
export function addRequestHooks(fastify: FastifyInstance): void {
  fastify.decorateRequest('representation', 'plain');
  fastify.decorateRequest('identity', null);
  fastify.decorateRequest('actor', null);
  fastify.decorateRequest('configurationVersion', 0);

  fastify.addHook('onRequest', (request, reply, done) => {
    // By its route, where there is one: the same path may be spelled in several ways.
    (request as ApiRequest).representation = representationOf(request.routeOptions.url ?? request.url);
    void reply.header('x-request-id', request.id);
    done();
  });

  // Runs for objects only: bytes, streams and redirects are never enveloped.
  fastify.addHook('preSerialization', (request, reply, payload, done) => {
    const enveloped = (request as ApiRequest).representation === 'enveloped' && reply.statusCode < 400;
    done(null, enveloped ? envelope(request as ApiRequest, reply, payload) : payload);
  });
}

/** The enveloped representation of a success: its own status, and the resource as `data`. */
function envelope(request: ApiRequest, reply: FastifyReply, payload: unknown): unknown {
  const endpoint = endpointOf(request);
  if (!endpoint || endpoint.neverEnveloped) return payload;
  if (endpoint.envelopedStatus !== endpoint.plainStatus) void reply.code(endpoint.envelopedStatus);
  return { success: true, data: payload };
}
