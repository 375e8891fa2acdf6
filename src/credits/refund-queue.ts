import { Logger } from '@nestjs/common';
import type { LedgerRepository } from './ledger.repository.js';
import type { LostCharge, Refund } from './ledger.types.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const MOST = 100_000;

interface Owed {
  refund: Refund | LostCharge;
  /** Until then there may come to be a charge where there is none: by `performance.now()`. */
  inDoubtUntil: number;
  /** The ledger has answered that there is none. */
  notFound?: boolean;
}

/**
 * Refunds that are owed and could not be written: because the ledger was not reachable when the handler failed, or
 * because the answer to a charge was lost, and with it whether there is a charge at all. They are tried until the ledger
 * answers, and once more when the service stops. Giving back twice is impossible, and a charge that was never written
 * is not given back: the ledger sees to both. A statement whose connection was cut may still be waiting for a lock, and
 * write its charge after it was looked for; so one that is not there is looked for again until no such statement can run.
 */
export class RefundQueue {
  private readonly logger = new Logger(RefundQueue.name);
  private readonly owed = new Map<string, Owed>();
  private timer: NodeJS.Timeout | undefined;
  private delay = FIRST_DELAY_MS;

  /** @param doubtMs - how long a statement may run whose answer was lost */
  constructor(
    private readonly ledger: Pick<LedgerRepository, 'refund' | 'refundLost'>,
    private readonly doubtMs: number,
  ) {}

  /** How many are owed. */
  get size(): number {
    return this.owed.size;
  }

  add(refund: Refund | LostCharge): void {
    if (this.owed.size >= MOST) {
      this.logger.error({ msg: 'refund not queued: too many are owed', ...refund });
      return;
    }
    this.owed.set(refund.chargeOperationId, { refund, inDoubtUntil: performance.now() + this.doubtMs });
    this.schedule();
  }

  /** Tries all that are owed once; what remains is logged, so that it can be written by hand. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.tryAll();
    for (const { refund, notFound } of this.owed.values()) {
      if (notFound) this.logger.warn({ msg: 'charge in doubt, not found so far', ...refund });
      else this.logger.error({ msg: 'refund still owed', ...refund });
    }
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.run(), this.delay).unref();
  }

  private async run(): Promise<void> {
    const before = this.owed.size;
    await this.tryAll();
    this.timer = undefined;
    this.delay = this.owed.size < before ? FIRST_DELAY_MS : Math.min(this.delay * 2, LONGEST_DELAY_MS);
    if (this.owed.size > 0) this.schedule();
  }

  private async tryAll(): Promise<void> {
    // One of them asks first: while the ledger is away, thousands need not knock.
    const [first, ...others] = [...this.owed.values()];
    if (!first || !(await this.tryOne(first))) return;
    await Promise.all(others.map((refund) => this.tryOne(refund)));
  }

  /** Whether the ledger has answered. */
  private async tryOne(owed: Owed): Promise<boolean> {
    const { refund } = owed;
    const isLastLook = performance.now() >= owed.inDoubtUntil;
    try {
      const posting = await ('userId' in refund
        ? this.ledger.refundLost(refund)
        : this.ledger.refund(refund));
      owed.notFound = posting === undefined || posting.result === 'unknown_charge';
      if (!owed.notFound || isLastLook) this.owed.delete(refund.chargeOperationId);
      return true;
    } catch (error) {
      this.logger.warn({ msg: 'refund not written yet', ...refund, err: error });
      return false;
    }
  }
}
