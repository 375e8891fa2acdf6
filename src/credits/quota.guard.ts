import { Injectable, type ExecutionContext } from '@nestjs/common';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
} from '@nestjs/throttler';
import { Reflector } from '@nestjs/core';
import { forbidden, rateLimited, unauthenticated } from '../platform/errors/errors.js';
import type { Identity } from '../platform/http/actor.js';
import { endpointOf, type ApiReply, type ApiRequest } from '../platform/http/api-request.js';
import type { Admission } from './admission.types.js';
import { limitedAddress } from './client-address.js';
import { MeteringService } from './metering.service.js';
import { QuotaStorage } from './quota.storage.js';

/**
 * Admits requests: counts each against the day's quota of its user (or, without a token, of its address), learns in the
 * same step who the user is to this service, and takes what the request costs where nothing behind it can refuse. Runs
 * behind the access guard, which has verified the token, and in front of the roles guard, which needs the actor set here.
 *
 * @throws AppError 429 over the quota, 401 for a session that was signed out or a user who is gone, 403 for an inactive
 *   user, `unavailable` when the database cannot be reached
 */
@Injectable()
export class QuotaGuard extends ThrottlerGuard {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() protected override readonly storageService: QuotaStorage,
    reflector: Reflector,
    private readonly metering: MeteringService,
  ) {
    super(options, storageService, reflector);
  }

  /** In place of the library's, which asks each request's handler and class for limits of their own; there are none. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const endpoint = endpointOf(request);
    // What is not counted and asks for nobody.
    if (endpoint?.uncounted === true && endpoint.access === 'public') return true;
    const reply = http.getResponse<ApiReply>();
    const admission = await this.admit(request, reply);
    request.configurationVersion = admission.version;
    this.tellQuota(reply, admission);
    if (admission.verdict === 'over_limit') throw rateLimited(admission.resetSeconds);
    return true;
  }

  private async admit(request: ApiRequest, reply: ApiReply): Promise<Admission> {
    const { identity } = request;
    if (identity) {
      const admission = await this.admitUser(request, reply, identity);
      if (this.recognise(request, identity, admission)) return admission;
      // On a public endpoint a token that is of no use any more counts as none.
      request.identity = null;
    }
    return this.storageService.admit({ address: limitedAddress(request) });
  }

  private async admitUser(request: ApiRequest, reply: ApiReply, identity: Identity): Promise<Admission> {
    const { userId, sessionId } = identity;
    const counted = endpointOf(request)?.uncounted !== true;
    const fare = this.metering.fareOf(request);
    if (!fare) return this.storageService.admit({ userId, sessionId, counted });
    const admitting = this.storageService.admit({ userId, sessionId, counted, fare });
    return this.metering.collect(request, reply, { userId, fare, admitting });
  }

  /** Sets the actor; false when the token is of no use here but none is needed. */
  private recognise(request: ApiRequest, identity: Identity, admission: Admission): boolean {
    const { verdict, profileId, role, tier } = admission;
    if ((verdict === 'admitted' || verdict === 'over_limit') && profileId !== null) {
      request.actor = {
        id: profileId,
        userId: identity.userId,
        email: identity.email,
        role: role ?? 'user',
        tier: tier ?? '',
      };
      return true;
    }
    if (endpointOf(request)?.access === 'public') return false;
    throw verdict === 'inactive'
      ? forbidden('This account is inactive.')
      : unauthenticated('Session expired or invalid');
  }

  /** Administrators have no limit, and so no headers. */
  private tellQuota(reply: ApiReply, { dailyLimit, used, resetSeconds }: Admission): void {
    if (dailyLimit === null || used === null) return;
    this.setResponseHeader(reply, `${this.headerPrefix}-Limit`, dailyLimit);
    this.setResponseHeader(reply, `${this.headerPrefix}-Remaining`, Math.max(0, dailyLimit - used));
    this.setResponseHeader(reply, `${this.headerPrefix}-Reset`, resetSeconds);
  }
}
