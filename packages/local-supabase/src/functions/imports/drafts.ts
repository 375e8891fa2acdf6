import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const FORGOTTEN_AFTER_MS = 3_600_000;

/**
 * Folders in the making. Each is moved to its place when it is whole, so that nobody ever sees half of one, whichever
 * processes make the same at once.
 */
export class Drafts {
  readonly #root: string;
  #swept: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * @param fill makes the content, and answers the place for it
   * @returns that place, which somebody else may have been the first to fill
   */
  async make(fill: (folder: string) => Promise<string>): Promise<string> {
    await mkdir(this.#root, { recursive: true });
    await (this.#swept ??= this.#sweep());
    const draft = await mkdtemp(join(this.#root, 'draft-'));
    try {
      const place = await fill(draft);
      await mkdir(dirname(place), { recursive: true });
      await rename(draft, place).catch((error: unknown) => {
        if (!isTaken(error)) throw error;
      });
      return place;
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  /** Those of processes that were killed. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const path = join(this.#root, name);
      const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
      if (age > FORGOTTEN_AFTER_MS) await rm(path, { recursive: true, force: true });
    }
  }
}

/** What systems say of a folder that is there already; Windows says EPERM. */
const isTaken = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
