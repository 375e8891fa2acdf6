import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { importsFolder } from './cache.folder.ts';
import type { Found, Wanted } from './imports.types.ts';
import { ModuleStore } from './module.store.ts';
import { npmrcOf } from './npmrc.ts';
import { PackageStore } from './package.store.ts';

const INSTALL_TIMEOUT_MS = 120_000;

/** What functions import and nobody has installed: fetched once, then kept. */
export class ImportCache {
  /** Of all that is kept. */
  readonly folder: string;
  readonly #packages: PackageStore;
  readonly #modules: ModuleStore;
  readonly #closed = new AbortController();

  constructor(folder = importsFolder()) {
    this.folder = made(folder);
    this.#packages = new PackageStore(join(this.folder, 'npm'));
    this.#modules = new ModuleStore(join(this.folder, 'modules'));
  }

  /**
   * Never rejects, and is bounded in time.
   * @param settings folders whose `.npmrc` holds, from the farthest to the nearest
   * @param say tells the developer what takes long
   */
  async find(wanted: Wanted, settings: readonly string[], say: (line: string) => void): Promise<Found> {
    try {
      return wanted.kind === 'package'
        ? { kind: 'package', folder: await this.#package(wanted, settings, say) }
        : { kind: 'module', file: await this.#modules.find(wanted.url, this.#closed.signal) };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Ends what is being fetched. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#packages.settled();
  }

  async #package(
    { name, range }: Extract<Wanted, { kind: 'package' }>,
    settings: readonly string[],
    say: (line: string) => void,
  ): Promise<string> {
    const late = AbortSignal.timeout(INSTALL_TIMEOUT_MS);
    const work = {
      npmrc: await npmrcOf(settings),
      signal: AbortSignal.any([late, this.#closed.signal]),
      installing: () => say(`Fetching the package ${name}${range === '' ? '' : `@${range}`}`),
    };
    return this.#packages.find(name, range, work).catch((error: unknown) => {
      const text = `npm was not ready within ${INSTALL_TIMEOUT_MS / 1000} s`;
      throw late.aborted ? new Error(text, { cause: error }) : error;
    });
  }
}

/** Node names modules by their real paths. Where no folder can be made, only functions that need one are told. */
function made(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true });
    return realpathSync(folder);
  } catch {
    return folder;
  }
}
