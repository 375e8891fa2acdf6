import { Injectable } from '@nestjs/common';
import { wasNotRun } from '../platform/database/group-commit.js';
import { insufficientCredits, unauthenticated } from '../platform/errors/errors.js';
import type { Actor } from '../platform/http/actor.js';
import { endpointOf, type ApiReply, type ApiRequest } from '../platform/http/api-request.js';
import type { Admission, Fare } from './admission.types.js';
import { tellCredits } from './credit-headers.js';
import { LedgerRepository } from './ledger.repository.js';
import type { Charge } from './ledger.types.js';
import { newOperationId } from './operation-id.js';
import { RateCache } from './rate-cache.js';
import { RefundQueue } from './refund-queue.js';
import { refundOf, Settlement } from './settlement.service.js';

/** Why a charge is given back whose answer never came. */
const LOST = 'The answer to the charge was lost';

/**
 * Charges requests: together with their admission where nothing behind that can refuse them, otherwise by themselves. What
 * becomes of a charge is `Settlement`'s.
 */
@Injectable()
export class MeteringService {
  /** Fares that were not paid with the admission, to be charged under the same operation. */
  private readonly unpaid = new WeakMap<object, Fare>();

  constructor(
    private readonly ledger: LedgerRepository,
    private readonly rates: RateCache,
    private readonly refunds: RefundQueue,
    private readonly settlement: Settlement,
  ) {}

  /**
   * What a request is to pay when it is admitted. Undefined where it is free, where guards behind the admission may still
   * refuse it, as who is refused is not charged, and before the rates are known.
   */
  fareOf(request: ApiRequest): Fare | undefined {
    const endpoint = endpointOf(request);
    if (!endpoint || endpoint.access === 'admin' || endpoint.refusals?.includes('guessing')) return undefined;
    const rates = this.rates.latest;
    const price = rates?.matcher.match(pricedBy(request))?.creditsPerRequest;
    if (!rates || !price) return undefined;
    return {
      price,
      version: rates.version,
      // Ours, never the client's request id: who chooses it could have one charge count for many requests.
      operationId: newOperationId(),
      path: pathOf(request),
      requestId: request.id,
    };
  }

  /** Waits for an admission with a fare, and keeps what became of the fare. Throws what the admission throws. */
  async collect(
    request: ApiRequest,
    reply: ApiReply,
    { userId, fare, admitting }: { userId: string; fare: Fare; admitting: Promise<Admission> },
  ): Promise<Admission> {
    const { operationId: chargeOperationId, requestId } = fare;
    const takeBack = (): void => this.refunds.add({ userId, chargeOperationId, reason: LOST, requestId });
    let admission: Admission;
    try {
      admission = await admitting;
    } catch (error) {
      // Whether it was written may not be known; the request is refused, so it must not stay.
      if (!wasNotRun(error)) takeBack();
      throw error;
    }
    const { verdict, version, profileId, balanceAfter, again } = admission;
    if (balanceAfter !== null && profileId !== null) {
      const { price: amount, operationId, path } = fare;
      tellCredits(reply, amount, balanceAfter);
      this.settlement.expect(request, { profileId, amount, operationId, path, endpoint: path, requestId });
    } else if (verdict === 'admitted' && version <= fare.version) {
      this.unpaid.set(request, fare);
    } else if (again) {
      takeBack();
    }
    return admission;
  }

  /** Whether the request has paid already. */
  isCharged(request: ApiRequest): boolean {
    return this.settlement.isExpected(request);
  }

  /**
   * What a request costs that has not paid when it was admitted; undefined where there is no rate.
   * @throws AppError `unavailable` when the rates have to be read and cannot be
   */
  async priceOf(request: ApiRequest): Promise<number | undefined> {
    const fare = this.unpaid.get(request);
    if (fare) return fare.price;
    const rates = await this.rates.at(request.configurationVersion);
    return rates.match(pricedBy(request))?.creditsPerRequest;
  }

  /**
   * Takes the price. Administrators and requests that cost nothing only learn the balance.
   *
   * @throws AppError `insufficient_credits`, or `unavailable` when the ledger cannot be reached: it fails closed
   */
  async charge(request: ApiRequest, reply: ApiReply, actor: Actor, price: number): Promise<void> {
    if (price === 0 || actor.role === 'admin') {
      tellCredits(reply, 0, (await this.ledger.balance(actor.id)) ?? 0);
      return;
    }
    const path = pathOf(request);
    const charge: Charge = {
      profileId: actor.id,
      amount: price,
      operationId: this.unpaid.get(request)?.operationId ?? newOperationId(),
      path,
      endpoint: path,
      requestId: request.id,
    };
    const { result, balance } = await this.ledger.charge(charge).catch((error: unknown) => {
      if (!wasNotRun(error)) this.refunds.add(refundOf(charge, LOST));
      throw error;
    });
    if (balance === null || result === 'unknown_user') throw unauthenticated();
    if (result !== 'ok') {
      tellCredits(reply, 0, balance);
      throw insufficientCredits();
    }
    tellCredits(reply, price, balance);
    this.settlement.expect(request, charge);
  }
}

const pricedBy = (request: ApiRequest): { method: string; path: string; route: string | undefined } => ({
  method: request.method,
  path: request.url,
  route: request.routeOptions.url,
});

/** A path may be as long as a request line; the ledger keeps what a person reads of it. */
const LONGEST_PATH = 500;

/** The path as it was asked for, without the query. */
function pathOf(request: ApiRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, LONGEST_PATH);
}
