import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TestEnvironment } from 'jest-environment-node';
import * as localSupabase from '../../src/index.ts';

/**
 * What is loaded once for each worker instead of once for each suite. Jest gives a suite fresh copies of all it imports,
 * and code that has just been loaded is many times slower than code that has run for a while.
 */

/**
 * The machine code of PGlite: V8 shares it between all that load the same bytes, as long as somebody holds it. Without
 * that each suite, with a Postgres of its own, would compile and optimise it anew.
 */
const pglite = createRequire(import.meta.url).resolve('@electric-sql/pglite');
const compiled = WebAssembly.compile(readFileSync(join(pglite, '..', 'pglite.wasm')));

export default class WorkerEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.localSupabaseOfThisWorker = localSupabase;
    this.compiled = await compiled;
  }
}
