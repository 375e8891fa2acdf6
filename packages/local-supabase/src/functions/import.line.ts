import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { Found, Wanted } from './imports/imports.types.ts';

/** How a worker gets what it imports; it stands still until it has its answer. */
export class ImportLine {
  readonly #stream: Duplex;
  readonly #find: (wanted: Wanted) => Promise<Found>;
  readonly #patienceMs: number;
  #askedAt: number | undefined;
  #waitedMs = 0;

  /**
   * @param stream a line of JSON for each question (`Wanted[]`), and one for each answer (`Found[]`)
   * @param patienceMs how long all questions of a worker may take together
   */
  constructor(stream: Duplex, find: (wanted: Wanted) => Promise<Found>, patienceMs: number) {
    this.#stream = stream;
    this.#find = find;
    this.#patienceMs = patienceMs;
    // It ends with the worker, which somebody else watches.
    stream.on('error', () => undefined);
    createInterface({ input: stream }).on('line', (line) => void this.#answer(JSON.parse(line) as Wanted[]));
  }

  get isWaiting(): boolean {
    return this.#askedAt !== undefined;
  }

  /** For how long the worker has waited until now. */
  get waitedMs(): number {
    return this.#waitedMs + (this.#askedAt === undefined ? 0 : Date.now() - this.#askedAt);
  }

  async #answer(wanted: readonly Wanted[]): Promise<void> {
    const tooLate: Found = {
      kind: 'failed',
      reason: `all that this function imports took longer than ${this.#patienceMs / 1000} s`,
    };
    this.#askedAt = Date.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Found>((resolve) => {
      timer = setTimeout(() => resolve(tooLate), Math.max(0, this.#patienceMs - this.#waitedMs));
    });
    const found = await Promise.all(wanted.map((one) => Promise.race([this.#find(one), late])));
    clearTimeout(timer);
    this.#waitedMs = this.waitedMs;
    this.#askedAt = undefined;
    if (this.#stream.writable) this.#stream.write(`${JSON.stringify(found)}\n`);
  }
}
