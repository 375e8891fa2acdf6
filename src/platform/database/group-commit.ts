import { unavailable } from '../errors/errors.js';
import { waitsSince } from './batch-wait.js';
import { isLockTimeout, isUnavailable } from './database-fault.js';

/** How a group commit behaves. */
export interface GroupCommitOptions<Item, Result> {
  /**
   * Runs a batch and answers one result per item, in the same order. All or nothing: when it throws, no item of the batch
   * counts (or, after a lost connection, all may). Must be idempotent per item, as a failed batch is run again; `again`
   * says that it is.
   */
  execute: (items: readonly Item[], again: boolean) => Promise<readonly Result[]>;
  /** Items in one batch at most (default 256). */
  maxBatch?: number;
  /** Batches at the database at the same time (default 1). Each takes at most its share of what is pending: see `LEAST_SHARE`. */
  concurrency?: number;
  /** Items that may wait; the next one is refused (default 10,000). */
  maxQueue?: number;
  /** How long an item may wait for its turn, in milliseconds (default 5,000). */
  deadlineMs?: number;
  /** How often a batch is run again after `unavailable` (default 1). */
  retries?: number;
  /** Whose row an item wants: when a lock is not given in time, items of different keys are tried apart (default: each item). */
  keyOf?: (item: Item) => unknown;
}

/**
 * A batch of fewer is not made for the sake of sharing. One batch of all that waits would have the process wait while the
 * database works and the database while the process does, as everybody's next request comes after everybody's answer.
 */
const LEAST_SHARE = 16;

/** Milliseconds after which an item's batch is not put off until the turn of the event loop ends: several times what it waits at full load. */
const LONG_MS = 25;

/** Batches of one key each that wait for a lock at the same time, after the one they were in has not been given it. */
const APART = 4;

const NOT_RUN = new Error('not run');

/** Whether an item of a group commit was refused before it came to the database, so that nothing of it was written. */
export const wasNotRun = (thrown: unknown): boolean => thrown instanceof Error && thrown.cause === NOT_RUN;

interface Waiting<Item, Result> {
  item: Item;
  expires: number;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
}

/**
 * Many small writes as few statements: while one batch is at the database, the next one gathers. Each caller waits for
 * the durable result of his own item. A batch with a faulty item is halved until only that item fails.
 */
export class GroupCommit<Item, Result> {
  private readonly options: Required<GroupCommitOptions<Item, Result>>;
  private queue: Waiting<Item, Result>[] = [];
  private running = 0;
  /** Items in the batches that run. */
  private runningItems = 0;
  private starting = false;
  private closing = false;
  private onIdle: (() => void)[] = [];
  private expiry: NodeJS.Timeout | undefined;
  /** Batches of one key that were not given their lock, ever. */
  private lockRefusals = 0;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.options = {
      maxBatch: 256,
      concurrency: 1,
      maxQueue: 10_000,
      deadlineMs: 5_000,
      retries: 1,
      keyOf: (item) => item,
      ...options,
    };
  }

  /**
   * Adds an item to the next batch.
   *
   * @throws `unavailable` when the queue is full or closed, when the item's turn did not come in time (then it was not
   *   run), or when the database cannot be reached (then it may or may not have been written); otherwise what `execute`
   *   throws for a batch of this item alone
   */
  run(item: Item): Promise<Result> {
    if (this.closing) return Promise.reject(unavailable('The service is shutting down.', { cause: NOT_RUN }));
    if (this.queue.length >= this.options.maxQueue) {
      return Promise.reject(
        unavailable('Too many requests are waiting for the database.', { cause: NOT_RUN }),
      );
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ item, expires: performance.now() + this.options.deadlineMs, resolve, reject });
      this.startSoon();
      this.watchExpiry();
    });
  }

  /** Refuses new items and resolves when those accepted have their results. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.running === 0 && this.queue.length === 0) return;
    await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  /**
   * After the requests that arrived in the same turn of the event loop have come in; but at once when somebody has waited for
   * long: as long as there is enough to be read a turn does not end, and that may be for a second.
   */
  private startSoon(): void {
    if (this.running >= this.options.concurrency) return;
    const [first] = this.queue;
    if (first && first.expires - this.options.deadlineMs <= performance.now() - LONG_MS) {
      this.start();
      return;
    }
    if (this.starting) return;
    this.starting = true;
    setImmediate(() => {
      this.starting = false;
      this.start();
    });
  }

  private start(): void {
    while (this.running < this.options.concurrency && this.queue.length > 0) {
      const batch = this.nextBatch();
      if (batch.length === 0) continue;
      this.running += 1;
      this.runningItems += batch.length;
      // All wait equally long for their turn, so the first one has waited longest.
      const answered = waitsSince((batch[0]?.expires ?? 0) - this.options.deadlineMs);
      void this.settle(batch, this.options.retries).finally(() => {
        this.running -= 1;
        this.runningItems -= batch.length;
        answered();
        this.startSoon();
      });
    }
    this.tellIdle();
  }

  private nextBatch(): Waiting<Item, Result>[] {
    this.expire();
    const { concurrency, maxBatch } = this.options;
    const share = Math.ceil((this.queue.length + this.runningItems) / concurrency);
    return this.queue.splice(0, Math.min(maxBatch, Math.max(LEAST_SHARE, share)));
  }

  /** Turns away those who have waited too long. All wait equally long, so they are at the front. */
  private expire(): void {
    const now = performance.now();
    const alive = this.queue.findIndex(({ expires }) => expires > now);
    const late = this.queue.splice(0, alive === -1 ? this.queue.length : alive);
    late.forEach(({ reject }) =>
      reject(unavailable('The database did not answer in time.', { cause: NOT_RUN })),
    );
  }

  /** One timer, for the one who waits longest. */
  private watchExpiry(): void {
    const first = this.queue[0];
    if (this.expiry || !first) return;
    this.expiry = setTimeout(
      () => {
        this.expiry = undefined;
        this.expire();
        this.watchExpiry();
        this.tellIdle();
      },
      first.expires - performance.now() + 1,
    );
    this.expiry.unref();
  }

  private tellIdle(): void {
    if (this.running > 0 || this.queue.length > 0) return;
    clearTimeout(this.expiry);
    this.expiry = undefined;
    this.onIdle.splice(0).forEach((resolve) => resolve());
  }

  private async settle(batch: Waiting<Item, Result>[], retries: number): Promise<void> {
    let results: readonly Result[];
    try {
      const again = retries < this.options.retries;
      results = await this.options.execute(
        batch.map(({ item }) => item),
        again,
      );
      if (results.length !== batch.length) {
        throw new Error(`a batch of ${batch.length} items was answered with ${results.length} results`);
      }
    } catch (error) {
      await this.recover(batch, error, retries);
      return;
    }
    batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
  }

  private async recover(batch: Waiting<Item, Result>[], error: unknown, retries: number): Promise<void> {
    if (isLockTimeout(error)) return this.tryApart(batch, error, retries);
    if (isUnavailable(error)) {
      if (retries > 0) return this.settle(batch, retries - 1);
      batch.forEach(({ reject }) => reject(error));
      return;
    }
    if (batch.length === 1) {
      batch[0]?.reject(error);
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.settle(batch.slice(0, middle), retries);
    await this.settle(batch.slice(middle), retries);
  }
  /**
   * Somebody holds a row for long: that is the fault of one key, not of the database. Those who have waited in vain alone do
   * not wait again; and when several have, it is more than a row, so that the rest need not wait as well.
   */
  private async tryApart(batch: Waiting<Item, Result>[], error: unknown, retries: number): Promise<void> {
    const groups = [...Map.groupBy(batch, ({ item }) => this.options.keyOf(item)).values()];
    if (groups.length === 1) {
      this.lockRefusals += 1;
      batch.forEach(({ reject }) => reject(error));
      return;
    }
    const before = this.lockRefusals;
    const lane = async (): Promise<void> => {
      for (let group = groups.shift(); group; group = groups.shift()) {
        if (this.lockRefusals - before < APART) await this.settle(group, retries);
        else group.forEach(({ reject }) => reject(error));
      }
    };
    await Promise.all(Array.from({ length: APART }, lane));
  }
}
