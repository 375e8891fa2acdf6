import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { MeteringService } from './metering.service.js';

/**
 * The last guard: can they pay? Charges a request to an endpoint with a rate before its handler runs, unless that was done
 * when it was admitted. What becomes of the charge is decided when the answer is sent (`Settlement`).
 *
 * A guard and not an interceptor, as Nest wraps each handler in several observables where there is a single interceptor.
 */
@Injectable()
export class MeteringGuard implements CanActivate {
  constructor(private readonly metering: MeteringService) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    // Without an actor there is no account to charge.
    if (!request.actor || this.metering.isCharged(request)) return true;
    return this.charge(request, http.getResponse<ApiReply>());
  }

  private async charge(request: ApiRequest, reply: ApiReply): Promise<boolean> {
    const price = await this.metering.priceOf(request);
    if (price !== undefined && request.actor) {
      await this.metering.charge(request, reply, request.actor, price);
    }
    return true;
  }
}
