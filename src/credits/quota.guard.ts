import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerRequest } from '@nestjs/throttler';
import { forbidden, rateLimited, unauthenticated } from '../platform/errors/errors.js';
import type { Identity } from '../platform/http/actor.js';
import { endpointOf, type ApiReply, type ApiRequest } from '../platform/http/api-request.js';
import type { Admission } from './admission.types.js';
import { limitedAddress } from './client-address.js';
import { quotaKey, type QuotaStorage } from './quota.storage.js';

/**
 * Admits requests: counts each against the day's quota of its user (or, without a token, of its address), and learns in
 * the same step who the user is to this service. Runs behind the access guard, which has verified the token, and in front
 * of the roles guard, which needs the actor set here.
 *
 * @throws AppError 429 over the quota, 401 for a session that was signed out or a user who is gone, 403 for an inactive
 *   user, `unavailable` when the database cannot be reached
 */
@Injectable()
export class QuotaGuard extends ThrottlerGuard {
  declare protected readonly storageService: QuotaStorage;

  /** What is not counted and asks for nobody. */
  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const endpoint = endpointOf(context.switchToHttp().getRequest<ApiRequest>());
    return Promise.resolve(endpoint?.uncounted === true && endpoint.access === 'public');
  }

  protected override async handleRequest({ context }: ThrottlerRequest): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ApiRequest>();
    const admission = await this.admit(request);
    request.configurationVersion = admission.version;
    this.tellQuota(http.getResponse<ApiReply>(), admission);
    if (admission.verdict === 'over_limit') throw rateLimited(admission.resetSeconds);
    return true;
  }

  private async admit(request: ApiRequest): Promise<Admission> {
    const { identity } = request;
    if (identity) {
      const counted = endpointOf(request)?.uncounted !== true;
      const key = quotaKey.ofUser(identity.userId, identity.sessionId, counted);
      const { admission } = await this.storageService.increment(key);
      if (this.recognise(request, identity, admission)) return admission;
      // On a public endpoint a token that is of no use any more counts as none.
      request.identity = null;
    }
    return (await this.storageService.increment(quotaKey.ofAddress(limitedAddress(request)))).admission;
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
