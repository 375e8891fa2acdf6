import type * as AppSetup from '../../src/app.setup.js';
import type * as LoadConfig from '../../src/platform/config/load-config.js';
import type * as Logger from '../../src/platform/logging/logger.js';
import type * as Contract from './contract.js';

interface Build {
  (file: 'app.setup.js'): Promise<typeof AppSetup>;
  (file: 'platform/config/load-config.js'): Promise<typeof LoadConfig>;
  (file: 'platform/logging/logger.js'): Promise<typeof Logger>;
}

declare global {
  /** Put there by `worker.environment.js`. */
  var ofThisWorker: { build: Build; expectDocumented: typeof Contract.expectDocumented };
}

/** A module of the build, the same for all suites of a worker. */
export const build: Build = globalThis.ofThisWorker.build;

/** See `contract.ts`. */
export const expectDocumented = globalThis.ofThisWorker.expectDocumented;
