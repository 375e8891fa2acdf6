/** Counts events in one-second buckets; "too many" is an average over the last minute, so a short burst is fine. */
export class RateCounter {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #buckets = new Map<number, number>();
  #total = 0;

  /** @param perSecond the highest average, @param now milliseconds, replaceable in tests */
  constructor(perSecond: number, now: () => number = Date.now) {
    this.#limit = perSecond * 60;
    this.#now = now;
  }

  /** Counts `events` now; false when the last minute had too many, and then they do not count. */
  take(events = 1): boolean {
    const second = Math.floor(this.#now() / 1000);
    for (const [bucket, count] of this.#buckets) {
      if (bucket > second - 60) break;
      this.#buckets.delete(bucket);
      this.#total -= count;
    }
    if (this.#total + events > this.#limit) return false;
    this.#buckets.set(second, (this.#buckets.get(second) ?? 0) + events);
    this.#total += events;
    return true;
  }
}
