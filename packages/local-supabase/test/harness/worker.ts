import type * as LocalSupabase from '../../src/index.ts';

declare global {
  /** Put there by `worker.environment.js`. */
  var localSupabaseOfThisWorker: typeof LocalSupabase;
}

/** As in `src/index.ts`, but loaded once for all suites of a worker. */
export const startLocalSupabase = globalThis.localSupabaseOfThisWorker.startLocalSupabase;
export type { LocalSupabase, LocalSupabaseOptions } from '../../src/index.ts';
