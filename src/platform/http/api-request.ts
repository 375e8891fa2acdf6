import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor, Identity } from './actor.js';
import type { EndpointMetadata } from './endpoint.decorator.js';
import type { Representation } from './representation.js';

/** What the house adds to a request on its way through. */
export interface ApiRequest extends FastifyRequest {
  /** Set before anything else runs. */
  representation: Representation;
  /** Set by the access guard when a valid token came along. */
  identity: Identity | null;
  /** Set by the quota guard once the database has admitted the identity. */
  actor: Actor | null;
  /** Set by the quota guard: the version of tiers and prices under which the request was admitted. */
  configurationVersion: number;
}

export type ApiReply = FastifyReply;

/** The endpoint that serves a request; absent where nobody does, and for the docs. */
export function endpointOf(request: FastifyRequest): EndpointMetadata | undefined {
  return (request.routeOptions.config as { endpoint?: EndpointMetadata } | undefined)?.endpoint;
}
