import { access, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import maxSatisfying from 'semver/ranges/max-satisfying.js';
import validRange from 'semver/ranges/valid.js';
import valid from 'semver/functions/valid.js';
import { Drafts } from './drafts.ts';
import { runNpm } from './npm.command.ts';
import type { Npmrc } from './npmrc.ts';

const NAME = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i;
/** Dots alone would name a folder. */
const RANGE = /^(?!\.+$)[\w.+~^<>=|* -]*$/;
const AT_ONCE = 2;

/** Peers are looked for when they are imported (package.resolver.ts), so that they are the function's own. */
const FLAGS = [
  ...['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--no-bin-links', '--omit=dev'],
  ...['--legacy-peer-deps', '--install-strategy=hoisted', '--global=false', '--no-update-notifier'],
  ...['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'],
  ...['--loglevel=error', '--logs-max=0'],
];

/** How a package that is not there yet is installed. */
export interface InstallWork {
  readonly npmrc: Npmrc;
  readonly signal: AbortSignal;
  /** Called when npm is really asked. */
  readonly installing: () => void;
}

/** Packages of npm, each with what it depends on in a folder of its own: `<shelf>/<name>/<version or tag>`. */
export class PackageStore {
  readonly #root: string;
  readonly #drafts: Drafts;
  readonly #coming = new Map<string, Promise<string>>();
  readonly #queue: (() => void)[] = [];
  #installing = 0;

  constructor(root: string) {
    this.#root = root;
    this.#drafts = new Drafts(join(root, 'drafts'));
  }

  /**
   * The folder in whose `node_modules` the package is, in the newest version there that the range allows. Only when there
   * is none npm is asked.
   * @param range a range of versions, a tag, or empty for the newest
   * @throws Error that tells why there is none
   */
  async find(name: string, range: string, work: InstallWork): Promise<string> {
    if (!NAME.test(name)) throw new Error('that is no name of a package');
    if (!RANGE.test(range)) throw new Error(`"${range}" is no range of versions`);
    const shelf = join(this.#root, work.npmrc.shelf, name.replace('/', '+'));
    const kept = await this.#kept(shelf, range);
    if (kept !== undefined) return kept;
    const key = `${shelf}@${range}`;
    const coming = this.#coming.get(key) ?? this.#install(shelf, name, range, work);
    this.#coming.set(key, coming);
    return coming.finally(() => this.#coming.delete(key));
  }

  /** Resolves when nothing is being installed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#coming.values());
  }

  async #kept(shelf: string, range: string): Promise<string | undefined> {
    if (isTag(range)) {
      const folder = join(shelf, range || 'latest');
      return access(folder).then(
        () => folder,
        () => undefined,
      );
    }
    const versions = (await readdir(shelf).catch(() => [])).filter((name) => valid(name) !== null);
    const version = maxSatisfying(versions, range);
    return version === null ? undefined : join(shelf, version);
  }

  #install(shelf: string, name: string, range: string, work: InstallWork): Promise<string> {
    const { npmrc, signal, installing } = work;
    installing();
    return this.#inTurn(() =>
      this.#drafts.make(async (draft) => {
        await writeFile(join(draft, 'package.json'), '{"private":true}');
        await writeFile(join(draft, '.npmrc'), npmrc.text);
        await runNpm(['install', `${name}@${range || 'latest'}`, ...FLAGS, '--prefix', draft], draft, signal);
        // It may hold tokens.
        await rm(join(draft, '.npmrc'));
        const manifest = await readFile(join(draft, 'node_modules', name, 'package.json'), 'utf8');
        const { version } = JSON.parse(manifest) as { version: string };
        return join(shelf, isTag(range) ? range || 'latest' : version);
      }),
    );
  }

  /** npm takes a processor for itself while it runs. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#installing >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#installing += 1;
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#installing -= 1;
    }
  }
}

/** What a tag means, only the registry knows; a range tells which versions will do. */
const isTag = (range: string): boolean => range === '' || validRange(range) === null;
