import type { LoadConfig } from '../config/config.js';

/** What makes requests wait, in milliseconds: how late the event loop is, and the way to the database. */
export interface Delays {
  loopMs: number;
  databaseMs: number;
}

/** What is measured counts for about so long: one pause for garbage is no overload, but a fifth of a second without end is. */
const MEMORY_MS = 100;

/** A request waits for so many turns of the event loop whatever it costs: to be read, to be sent on with others, to be answered. */
const TURNS_OF_A_REQUEST = 3;

/**
 * How much the process has to do, and whether it may take on more. Two bounds on the requests that wait for the beginning
 * of their answer: one that always holds, which bounds memory, and a lower one that holds while the process or the database
 * is late, which bounds how long each of them waits.
 *
 * The lower one grows with the turns of the event loop. Where these are long because thousands ask, each one taken on waits for
 * three of them, and a fixed number in that time would be next to nothing: the process would do little else but refuse.
 */
export class RequestLoad {
  private waiting = 0;
  private readonly late: Delays = { loopMs: 0, databaseMs: 0 };

  constructor(private readonly config: LoadConfig) {}

  /** Requests whose answer has not begun. */
  get requests(): number {
    return this.waiting;
  }

  /** The larger of the two delays, over the last measurements. */
  get delayMs(): number {
    return Math.max(this.late.loopMs, this.late.databaseMs);
  }

  /** Whether another request is to be refused. */
  get isFull(): boolean {
    const { maxRequests, busyRequests, busyDelayMs } = this.config;
    if (this.waiting >= maxRequests) return true;
    if (this.waiting < busyRequests || this.delayMs < busyDelayMs) return false;
    // 0 is allowed, and says that it is always late.
    const timesLate = (TURNS_OF_A_REQUEST * this.late.loopMs) / Math.max(1, busyDelayMs);
    return this.waiting >= busyRequests * Math.max(1, timesLate);
  }

  /** One request more. */
  begin(): void {
    this.waiting += 1;
  }

  /** One less. */
  end(): void {
    this.waiting -= 1;
  }

  /** The delays of the last `overMs` milliseconds. */
  measure({ loopMs, databaseMs }: Delays, overMs: number): void {
    const weight = 1 - Math.exp(-overMs / MEMORY_MS);
    this.late.loopMs += weight * (loopMs - this.late.loopMs);
    this.late.databaseMs += weight * (databaseMs - this.late.databaseMs);
  }
}
