import { LIMITS } from '../limits.ts';

/** Counts what one client says of its presence on one channel, in windows that begin with the first thing said. */
export class PresenceWindow {
  readonly #now: () => number;
  #said = 0;
  #end = -Infinity;

  /** @param now milliseconds, replaceable in tests */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Counts one now; false when the window has had them all. */
  take(): boolean {
    const now = this.#now();
    if (now > this.#end) {
      this.#end = now + LIMITS.presenceWindowMs;
      this.#said = 0;
    }
    this.#said += 1;
    return this.#said <= LIMITS.presencePerWindow;
  }
}
