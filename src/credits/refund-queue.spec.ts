import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LostCharge, Posting, Refund } from './ledger.types.js';
import { RefundQueue } from './refund-queue.js';

/** A ledger that can be away, and knows what it has been asked. */
class Ledger {
  away = false;
  /** Charges that are not written yet. */
  readonly late = new Set<string>();
  asked = 0;
  readonly written: string[] = [];

  refund({ chargeOperationId }: Refund): Promise<Posting> {
    this.asked += 1;
    if (this.away) return Promise.reject(new Error('away'));
    if (this.late.has(chargeOperationId)) {
      return Promise.resolve({ result: 'unknown_charge', balance: 1, transactionId: null, replayed: false });
    }
    this.written.push(chargeOperationId);
    return Promise.resolve({ result: 'ok', balance: 1, transactionId: 1, replayed: false });
  }

  refundLost({ chargeOperationId, reason }: LostCharge): Promise<Posting> {
    return this.refund({ profileId: 1, chargeOperationId, reason });
  }
}

const DOUBT_MS = 20_000;

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
    queue = new RefundQueue(ledger, DOUBT_MS);
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

  it('should give back a charge that is written after it was first looked for', async () => {
    ledger.late.add('a');
    queue.add({ userId: 'u', chargeOperationId: 'a', reason: 'lost' });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(ledger.asked).toBeGreaterThan(1);
    ledger.late.clear();
    await jest.advanceTimersByTimeAsync(DOUBT_MS);
    expect(ledger.written).toEqual(['a']);
  });

  it('should look for a charge that was never written until it cannot be any more, and then forget it', async () => {
    ledger.late.add('a');
    queue.add(refund('a'));
    await jest.advanceTimersByTimeAsync(DOUBT_MS - 1_000);
    expect(queue.size).toBe(1);
    await jest.advanceTimersByTimeAsync(40_000);
    expect(queue.size).toBe(0);
    expect(ledger.asked).toBeLessThan(10);
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
