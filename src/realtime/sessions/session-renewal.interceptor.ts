import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { ApiRequest } from '../../platform/http/api-request.js';
import { SessionWatch } from './session-watch.service.js';

/** Lets what lasts for a session go on with the token of any request that was admitted, whatever it is answered. */
@Injectable()
export class SessionRenewal implements NestInterceptor {
  constructor(private readonly watch: SessionWatch) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { identity } = context.switchToHttp().getRequest<ApiRequest>();
    if (identity) this.watch.renew(identity);
    return next.handle();
  }
}
