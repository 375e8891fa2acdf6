import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { insufficientCredits, unauthenticated } from '../platform/errors/errors.js';
import type { Actor } from '../platform/http/actor.js';
import type { ApiReply, ApiRequest } from '../platform/http/api-request.js';
import { LedgerRepository } from './ledger.repository.js';
import type { Charge, Refund } from './ledger.types.js';
import { newOperationId } from './operation-id.js';
import { RateCache } from './rate-cache.js';
import { RefundQueue } from './refund-queue.js';

/** A charge whose request has not been answered yet. */
interface OpenCharge extends Charge {
  balance: number;
}

/**
 * Charges requests and settles the charges: a request that ends well keeps its charge, one that ends in an error gets it
 * back before its answer is sent. Each charge is settled exactly once, whatever happens to the connection.
 */
@Injectable()
export class MeteringService {
  private readonly logger = new Logger(MeteringService.name);
  private readonly open = new WeakMap<object, OpenCharge>();

  constructor(
    private readonly ledger: LedgerRepository,
    private readonly rates: RateCache,
    private readonly refunds: RefundQueue,
    host: HttpAdapterHost,
  ) {
    this.settleWhenAnswered(host.httpAdapter.getInstance<FastifyInstance>());
  }

  /**
   * What a request costs; undefined where there is no rate.
   * @throws AppError `unavailable` when the rates have to be read and cannot be
   */
  async priceOf(request: ApiRequest): Promise<number | undefined> {
    const rates = await this.rates.at(request.configurationVersion);
    return rates.match({
      method: request.method,
      path: request.url,
      route: request.routeOptions.url,
    })?.creditsPerRequest;
  }

  /**
   * Takes the price. Administrators and requests that cost nothing only learn the balance.
   *
   * @throws AppError `insufficient_credits`, or `unavailable` when the ledger cannot be reached: it fails closed
   */
  async charge(request: ApiRequest, reply: ApiReply, actor: Actor, price: number): Promise<void> {
    if (price === 0 || actor.role === 'admin') {
      tell(reply, 0, (await this.ledger.balance(actor.id)) ?? 0);
      return;
    }
    const path = pathOf(request);
    const charge: Charge = {
      profileId: actor.id,
      amount: price,
      // Ours, never the client's request id: who chooses it could have one charge count for many requests.
      operationId: newOperationId(),
      path,
      endpoint: path,
      requestId: request.id,
    };
    const { result, balance } = await this.ledger.charge(charge).catch((error: unknown) => {
      // Whether it was written is not known; the request is refused, so it must not stay.
      this.refunds.add(refundOf(charge, 'The answer to the charge was lost'));
      throw error;
    });
    if (balance === null || result === 'unknown_user') throw unauthenticated();
    if (result !== 'ok') {
      tell(reply, 0, balance);
      throw insufficientCredits();
    }
    tell(reply, price, balance);
    this.open.set(request, { ...charge, balance });
  }

  /** In Fastify's last hook, as every answer passes it: those of handlers, of the error filter and of raw streams. */
  private settleWhenAnswered(fastify: FastifyInstance): void {
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const charge = this.open.get(request);
      if (!charge) {
        done(null, payload);
        return;
      }
      this.open.delete(request);
      if (reply.statusCode < 400) {
        this.watch(payload, reply, charge);
        done(null, payload);
        return;
      }
      void this.giveBack(charge, `HTTP ${String(reply.statusCode)}`).then((balance) => {
        if (balance !== undefined) tell(reply, 0, balance);
        done(null, payload);
      });
    });
  }

  /** A stream that breaks on our side after its answer has begun is an error as well; one the client left is not. */
  private watch(payload: unknown, reply: ApiReply, charge: OpenCharge): void {
    if (!isStream(payload)) return;
    payload.once('error', () => {
      if (!reply.raw.destroyed) void this.giveBack(charge, 'The answer broke off');
    });
  }

  /** The balance then; undefined when the ledger could not be reached, which it will be. */
  private async giveBack(charge: OpenCharge, reason: string): Promise<number | undefined> {
    const refund = refundOf(charge, reason);
    try {
      const { balance } = await this.ledger.refund(refund);
      return balance ?? undefined;
    } catch (error) {
      this.logger.error({ msg: 'refund put off', request_id: charge.requestId, err: error });
      this.refunds.add(refund);
      return undefined;
    }
  }
}

/** A path may be as long as a request line; the ledger keeps what a person reads of it. */
const LONGEST_PATH = 500;

/** The path as it was asked for, without the query. */
function pathOf(request: ApiRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, LONGEST_PATH);
}

function tell(reply: ApiReply, charged: number, remaining: number): void {
  void reply.header('x-credits-charged', charged).header('x-credits-remaining', remaining);
}

function refundOf(charge: Charge, reason: string): Refund {
  return {
    profileId: charge.profileId,
    chargeOperationId: charge.operationId,
    reason,
    requestId: charge.requestId,
  };
}

function isStream(payload: unknown): payload is NodeJS.ReadableStream {
  return typeof (payload as { pipe?: unknown } | null)?.pipe === 'function';
}
