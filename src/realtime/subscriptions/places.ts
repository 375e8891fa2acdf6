import type { RealtimeConfig } from '../../platform/config/config.js';
import { conflict, unavailable } from '../../platform/errors/errors.js';

/** How many subscriptions there are, also those that are still being made: of each user, and in all. */
export class Places {
  private readonly counts = new Map<string, number>();
  private total = 0;

  constructor(private readonly limits: RealtimeConfig) {}

  /**
   * Takes a place.
   * @returns how to give it back, once
   * @throws AppError `conflict` when the user has no more, `unavailable` when the process has none
   */
  take(userId: string): () => void {
    const { subscriptions, subscriptionsPerUser } = this.limits;
    const count = this.counts.get(userId) ?? 0;
    if (count >= subscriptionsPerUser) {
      throw conflict(`You have ${String(count)} subscriptions, which is the limit. End one first.`);
    }
    if (this.total >= subscriptions) throw unavailable();
    this.counts.set(userId, count + 1);
    this.total += 1;
    return () => {
      this.total -= 1;
      const left = (this.counts.get(userId) ?? 1) - 1;
      if (left === 0) this.counts.delete(userId);
      else this.counts.set(userId, left);
    };
  }
}
