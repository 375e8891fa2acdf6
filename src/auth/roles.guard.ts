import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { forbidden, unauthenticated } from '../platform/errors/errors.js';
import { endpointOf, type ApiRequest } from '../platform/http/api-request.js';

/** The last guard: may they? Roles are the service's own, as the database knew them when it admitted this request. */
@Injectable()
export class RolesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<ApiRequest>();
    const access = endpointOf(request)?.access;
    if (access === 'public') return true;
    if (!request.actor) throw unauthenticated();
    if (access === 'user' || request.actor.role === 'admin') return true;
    throw forbidden();
  }
}
