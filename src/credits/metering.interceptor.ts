import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { MeteringService } from './metering.service.js';

/**
 * Charges a request to an endpoint with a rate before its handler runs. Registered once, globally; what becomes of the
 * charge is decided when the answer is sent (`MeteringService.settle`).
 */
@Injectable()
export class MeteringInterceptor implements NestInterceptor {
  constructor(private readonly metering: MeteringService) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    // Without an actor there is no account to charge.
    if (request.actor) {
      const price = await this.metering.priceOf(request);
      if (price !== undefined) {
        await this.metering.charge(request, http.getResponse<ApiReply>(), request.actor, price);
      }
    }
    return next.handle();
  }
}
