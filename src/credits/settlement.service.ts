import { Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { ApiReply } from '../platform/http/api-request.js';
import { tellCredits } from './credit-headers.js';
import { LedgerRepository } from './ledger.repository.js';
import type { Charge, Refund } from './ledger.types.js';
import { RefundQueue } from './refund-queue.js';

/**
 * Settles charges when their requests are answered: one that ends well keeps its charge, one that ends in an error gets it
 * back before its answer is sent. Each charge is settled exactly once, whatever happens to the connection.
 */
@Injectable()
export class Settlement {
  private readonly logger = new Logger(Settlement.name);
  private readonly open = new WeakMap<object, Charge>();

  constructor(
    private readonly ledger: LedgerRepository,
    private readonly refunds: RefundQueue,
    host: HttpAdapterHost,
  ) {
    this.settleWhenAnswered(host.httpAdapter.getInstance<FastifyInstance>());
  }

  /** Keeps a charge that was written until its request is answered. */
  expect(request: object, charge: Charge): void {
    this.open.set(request, charge);
  }

  /** Whether the request has been charged. */
  isExpected(request: object): boolean {
    return this.open.has(request);
  }

  /** In Fastify's last hook, as every answer passes it: those of handlers, of the error filter and of raw streams. */
  private settleWhenAnswered(fastify: FastifyInstance): void {
    fastify.addHook('onSend', (request, reply, payload, done) => {
      const charge = this.open.get(request);
      if (!charge) {
        done(null, payload);
        return;
      }
      if (reply.statusCode < 400) {
        if (isStream(payload)) this.watch(request, payload, reply, charge);
        else this.open.delete(request);
        done(null, payload);
        return;
      }
      this.open.delete(request);
      void this.giveBack(charge, `HTTP ${String(reply.statusCode)}`).then((balance) => {
        if (balance !== undefined) tellCredits(reply, 0, balance);
        done(null, payload);
      });
    });
  }

  /**
   * A stream that breaks on our side after its answer has begun is an error as well; one the client left is not. One that
   * breaks before is answered with an error, which comes by here again.
   */
  private watch(request: object, payload: NodeJS.ReadableStream, { raw }: ApiReply, charge: Charge): void {
    payload.once('error', () => {
      if (!raw.headersSent || raw.destroyed || !this.open.delete(request)) return;
      void this.giveBack(charge, 'The answer broke off');
    });
  }

  /** The balance then; undefined when the ledger could not be reached, which it will be. */
  private async giveBack(charge: Charge, reason: string): Promise<number | undefined> {
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

/** What gives a charge back. */
export function refundOf(charge: Charge, reason: string): Refund {
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
