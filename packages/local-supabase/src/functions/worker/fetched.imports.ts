import { readFileSync } from 'node:fs';
import type { Found, StoredModule, Wanted } from '../imports/imports.types.ts';

/** What is not installed, as the parent has it or fetches it. */
export class FetchedImports {
  readonly #ask: (wanted: readonly Wanted[]) => readonly Found[];
  readonly #found = new Map<string, Found>();
  readonly #modules = new Map<string, StoredModule>();

  constructor(ask: (wanted: readonly Wanted[]) => readonly Found[]) {
    this.#ask = ask;
  }

  has(wanted: Wanted): boolean {
    return this.#found.has(keyOf(wanted));
  }

  /** Gets several at once. Failures are told when one of them is really used. */
  gather(all: readonly Wanted[]): void {
    const wanted = [...new Map(all.map((one) => [keyOf(one), one])).values()].filter((one) => !this.has(one));
    if (wanted.length === 0) return;
    for (const [index, found] of this.#ask(wanted).entries()) {
      const one = wanted[index];
      if (one) this.#found.set(keyOf(one), found);
    }
  }

  /**
   * The folder in whose `node_modules` it is.
   * @param say makes a sentence of the reason why it could not be fetched, which is thrown
   */
  packageFolder(name: string, range: string, say: (reason: string) => string): string {
    const found = this.#get({ kind: 'package', name, range }, say);
    return found.kind === 'package' ? found.folder : '';
  }

  /** @throws Error that names the address and the reason why it could not be fetched */
  module(url: string): StoredModule {
    const known = this.#modules.get(url);
    if (known) return known;
    const found = this.#get({ kind: 'module', url }, (reason) => `"${url}" could not be fetched: ${reason}`);
    const stored = JSON.parse(
      readFileSync(found.kind === 'module' ? found.file : '', 'utf8'),
    ) as StoredModule;
    this.#modules.set(url, stored).set(stored.url, stored);
    return stored;
  }

  #get(wanted: Wanted, say: (reason: string) => string): Found {
    this.gather([wanted]);
    const found = this.#found.get(keyOf(wanted));
    if (found && found.kind !== 'failed') return found;
    // Whoever imports it again later gets another try.
    this.#found.delete(keyOf(wanted));
    throw new Error(say(found?.reason ?? 'no answer'));
  }
}

const keyOf = (wanted: Wanted): string =>
  wanted.kind === 'package' ? `${wanted.name}@${wanted.range}` : wanted.url;
