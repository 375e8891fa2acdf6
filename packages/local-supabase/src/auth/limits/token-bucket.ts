/** Allows `capacity` at once and `rate` a millisecond in the long run, for each key. Memory is bounded. */
export class TokenBuckets {
  readonly #capacity: number;
  readonly #rate: number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(capacity: number, perMillisecond: number) {
    this.#capacity = capacity;
    this.#rate = perMillisecond;
  }

  /** Takes one token of `key`; false when none is left. */
  take(key: string, now: number = Date.now()): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#capacity, at: now };
    const tokens = Math.min(this.#capacity, bucket.tokens + (now - bucket.at) * this.#rate);
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    this.#forgetOldest();
    return tokens >= 1;
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= 10_000) return;
    const oldest = this.#buckets.keys().next();
    if (oldest.done !== true) this.#buckets.delete(oldest.value);
  }
}
