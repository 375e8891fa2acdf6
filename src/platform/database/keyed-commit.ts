import { isLockTimeout } from './database-fault.js';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';

/** A group commit whose items each want a row of somebody's. */
export type KeyedCommitOptions<Item, Result> = GroupCommitOptions<Item, Result> &
  Required<Pick<GroupCommitOptions<Item, Result>, 'keyOf'>>;

/** So long a key is kept apart after its lock was last not given; then it is tried among the others again. */
const APART_MS = 5_000;
/** Items of such keys that may wait. */
const MOST_APART = 256;
/** From so many keys on, those whose time is over are removed. */
const MANY_KEYS = 1_000;

/**
 * A group commit that keeps those whose row somebody else holds from holding up the others: who has waited for a lock in vain
 * waits in batches of his own from then on, until he is given it.
 */
export class KeyedCommit<Item, Result> {
  private readonly group: GroupCommit<Item, Result>;
  private readonly apart: GroupCommit<Item, Result>;
  /** Until when each key is kept apart, by `performance.now()`. */
  private readonly held = new Map<unknown, number>();

  constructor(private readonly options: KeyedCommitOptions<Item, Result>) {
    this.group = new GroupCommit(options);
    this.apart = new GroupCommit({ ...options, concurrency: 1, maxQueue: MOST_APART });
  }

  /** As `GroupCommit.run`. */
  run(item: Item): Promise<Result> {
    const running = this.isHeld(item) ? this.waitApart(item) : this.group.run(item);
    running.catch((error: unknown) => {
      if (isLockTimeout(error)) this.hold(this.options.keyOf(item));
    });
    return running;
  }

  /** As `GroupCommit.close`. */
  async close(): Promise<void> {
    await Promise.all([this.group.close(), this.apart.close()]);
  }

  private isHeld(item: Item): boolean {
    return this.held.size > 0 && (this.held.get(this.options.keyOf(item)) ?? 0) > performance.now();
  }

  private async waitApart(item: Item): Promise<Result> {
    const result = await this.apart.run(item);
    this.held.delete(this.options.keyOf(item));
    return result;
  }

  /** It waited for its lock in vain. */
  private hold(key: unknown): void {
    const now = performance.now();
    if (this.held.size >= MANY_KEYS) {
      for (const [other, until] of this.held) if (until < now) this.held.delete(other);
    }
    this.held.set(key, now + APART_MS);
  }
}
