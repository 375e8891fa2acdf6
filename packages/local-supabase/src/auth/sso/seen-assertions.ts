/** Milliseconds that an assertion is remembered which does not say when it ends. */
const DEFAULT_LIFETIME = 10 * 60_000;
/** Milliseconds beyond its end within which clocks still let an assertion in. */
const SKEW = 5 * 60_000;

/** Remembers assertions while they are valid, so that each is used once. */
export class SeenAssertions {
  readonly #until = new Map<string, number>();

  /** False when it was seen before. */
  add(id: string, notOnOrAfter: Date | undefined, now = Date.now()): boolean {
    for (const [known, until] of this.#until) if (until < now) this.#until.delete(known);
    if (this.#until.has(id)) return false;
    this.#until.set(id, (notOnOrAfter?.getTime() ?? now + DEFAULT_LIFETIME) + SKEW);
    return true;
  }
}
