import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LostCharge, Posting, Refund } from './ledger.types.js';
import { RefundQueue } from './refund-queue.js';

/** A ledger that can be away, and knows what it has been asked. */
class Ledger {
  away = false;
  asked = 0;
  readonly written: string[] = [];

  refund({ chargeOperationId }: Refund): Promise<Posting> {
    this.asked += 1;
    if (this.away) return Promise.reject(new Error('away'));
    this.written.push(chargeOperationId);
    return Promise.resolve({ result: 'ok', balance: 1, transactionId: 1, replayed: false });
  }

  refundLost({ chargeOperationId, reason }: LostCharge): Promise<Posting> {
    return this.refund({ profileId: 1, chargeOperationId, reason });
  }
}

const refund = (chargeOperationId: string): Refund => ({ profileId: 1, chargeOperationId, reason: 'test' });

describe('RefundQueue', () => {
  let ledger: Ledger;
  let queue: RefundQueue;

  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  beforeEach(() => {
    jest.useFakeTimers();
    ledger = new Ledger();
    queue = new RefundQueue(ledger);
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'error', 'warn']);
  });

  it('should write what is owed a little later, each once', async () => {
    queue.add(refund('a'));
    queue.add(refund('a'));
    queue.add(refund('b'));
    expect(queue.size).toBe(2);
    await jest.advanceTimersByTimeAsync(500);
    expect(ledger.written).toEqual(['a', 'b']);
    expect(queue.size).toBe(0);
  });

  it('should ask an absent ledger with one refund at a time and ever more seldom, and then write all', async () => {
    ledger.away = true;
    for (let index = 0; index < 50; index += 1) queue.add(refund(String(index)));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ledger.asked).toBeLessThan(10);
    expect(queue.size).toBe(50);
    ledger.away = false;
    await jest.advanceTimersByTimeAsync(30_000);
    expect(queue.size).toBe(0);
    expect(new Set(ledger.written).size).toBe(50);
  });

  it('should try once more at the end, and keep what could not be written', async () => {
    ledger.away = true;
    queue.add(refund('a'));
    await queue.close();
    expect(queue.size).toBe(1);
    ledger.away = false;
    await queue.close();
    expect(queue.size).toBe(0);
  });
});
