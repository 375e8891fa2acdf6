import type { Duplex } from 'node:stream';
import type { Found, Wanted } from './imports/imports.types.ts';
import { readLines } from './lines.ts';

/** In characters: more than any module names in its imports. */
const LONGEST_QUESTION = 1_000_000;

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
    readLines(
      stream,
      (line) => {
        const wanted = questionsIn(line);
        if (wanted) void this.#answer(wanted);
      },
      LONGEST_QUESTION,
    );
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

/** Undefined for what no worker asks: a function may write here, too. */
function questionsIn(line: string): Wanted[] | undefined {
  try {
    const wanted: unknown = JSON.parse(line);
    return Array.isArray(wanted) && wanted.every(isWanted) ? wanted : undefined;
  } catch {
    return undefined;
  }
}

function isWanted(value: unknown): value is Wanted {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'module') return 'url' in value && typeof value.url === 'string';
  if (value.kind !== 'package' || !('name' in value) || !('range' in value)) return false;
  return typeof value.name === 'string' && typeof value.range === 'string';
}
