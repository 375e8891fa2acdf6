/** A timer may not be longer than this (2^31 - 1 ms); an hour is often enough to look again. */
const LONGEST_MS = 3_600_000;

/** Rings when a token's time is over. */
export class TokenClock {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @param expiry seconds since 1970; replaces the time before */
  set(expiry: number): void {
    this.stop();
    const remaining = expiry * 1000 - Date.now();
    this.#timer = setTimeout(
      () => (remaining > LONGEST_MS ? this.set(expiry) : this.#ring()),
      Math.max(0, Math.min(remaining, LONGEST_MS)),
    );
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
