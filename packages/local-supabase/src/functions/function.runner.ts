import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import type { FunctionDefinition } from './function.catalog.ts';
import { functionEnvironment, secretsFile } from './function.environment.ts';
import { FunctionWorker } from './function.worker.ts';
import type { FunctionLog } from './function.worker.ts';
import { ImportCache } from './imports/import.cache.ts';
import type { Wanted } from './imports/imports.types.ts';
import type { FunctionLimits } from './limits.ts';

const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Keeps one worker for each function: started by its first request, replaced when a file of it changed or it ended. */
export class FunctionRunner {
  readonly #context: Context;
  readonly #limits: FunctionLimits;
  readonly #log: (name: string) => FunctionLog;
  readonly #workers = new Map<string, Promise<FunctionWorker>>();
  readonly #leaving = new Set<FunctionWorker>();
  #folder: Promise<string> | undefined;
  #imports: ImportCache | undefined;

  constructor(context: Context, limits: FunctionLimits, log: (name: string) => FunctionLog) {
    this.#context = context;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * The function's worker, made of its files as they are now; it may still be starting. Until `end` is called it counts
   * as used, and is not ended for being old.
   */
  async use(definition: FunctionDefinition): Promise<{ worker: FunctionWorker; end: () => void }> {
    const known = this.#workers.get(definition.name);
    const worker = await known;
    const isOld = !worker || worker.ending !== undefined || worker.isLeaving || (await worker.isOld());
    // Somebody else may have replaced it while the files were looked at.
    if (this.#workers.get(definition.name) !== known) return this.use(definition);
    if (worker && !isOld) return { worker, end: worker.begin() };
    const starting = this.#start(definition);
    this.#workers.set(definition.name, starting);
    if (worker && !worker.ending) this.#retire(worker);
    const started = await starting;
    return { worker: started, end: started.begin() };
  }

  async close(): Promise<void> {
    await this.#imports?.close();
    const current = await Promise.all(this.#workers.values());
    await Promise.all([...current, ...this.#leaving].map((worker) => worker.stop()));
    if (this.#folder) await rm(await this.#folder, { recursive: true, force: true });
  }

  async #start({ name, entrypoint, importMap, root }: FunctionDefinition): Promise<FunctionWorker> {
    this.#imports ??= new ImportCache();
    const cache = this.#imports;
    const packageRoots = [root, this.#context.workdir, PACKAGE_ROOT];
    const input = {
      ...{ name, entrypoint, importMap, packageRoots },
      fetchedPackages: cache.folder,
      socketPath: await this.#socketPath(),
    };
    const log = this.#log(name);
    const settings = [...new Set([this.#context.workdir, root, dirname(entrypoint)])];
    return new FunctionWorker(input, {
      env: await functionEnvironment(this.#context),
      watched: [entrypoint, secretsFile(this.#context), ...(importMap === undefined ? [] : [importMap])],
      limits: this.#limits,
      log,
      find: (wanted: Wanted) => cache.find(wanted, settings, (line) => log('stderr', line)),
    });
  }

  #retire(worker: FunctionWorker): void {
    this.#leaving.add(worker);
    void worker.drain().finally(() => this.#leaving.delete(worker));
  }

  /** A private place for each worker's socket; Windows has names instead. */
  async #socketPath(): Promise<string> {
    const id = randomBytes(8).toString('hex');
    if (process.platform === 'win32') return `\\\\.\\pipe\\supabase-function-${id}`;
    this.#folder ??= mkdtemp(join(tmpdir(), 'supabase-functions-'));
    return join(await this.#folder, `${id}.sock`);
  }
}
