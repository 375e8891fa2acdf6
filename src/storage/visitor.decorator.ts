import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { unauthenticated } from '../platform/errors/errors.js';
import type { Actor, Identity } from '../platform/http/actor.js';
import type { ApiRequest } from '../platform/http/api-request.js';

/** Who asks, with all that is needed to ask Supabase for them. */
export interface VisitorOfStorage {
  identity: Identity;
  actor: Actor;
  address: string;
}

/** The actor, the token and the address of a request, together. */
export const Visitor = createParamDecorator((_: unknown, context: ExecutionContext): VisitorOfStorage => {
  const { identity, actor, ip } = context.switchToHttp().getRequest<ApiRequest>();
  if (!identity || !actor) throw unauthenticated();
  return { identity, actor, address: ip };
});
