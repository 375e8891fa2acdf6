import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type * as AppSetup from '../../src/app.setup.js';
import type * as LoadConfig from '../../src/platform/config/load-config.js';
import type * as Logger from '../../src/platform/logging/logger.js';
import { apiEnvironment } from './environment.js';
import { build } from './worker.js';

/** The whole application, listening on a free port. */
export interface Api {
  url: string;
  app: NestFastifyApplication;
  /** Every line it has logged. */
  log: string[];
  close(): Promise<void>;
}

/**
 * Starts the API as `main.ts` does, in this process. `overrides` are environment variables.
 */
export async function startApi(overrides: Record<string, string> = {}): Promise<Api> {
  const parts = await Promise.all([
    build('app.setup.js'),
    build('platform/config/load-config.js'),
    build('platform/logging/logger.js'),
  ]);
  return start(parts, overrides);
}

/**
 * The same from the sources, slower: for suites that ask the application for its services, by classes that they import.
 * `guests` are modules with endpoints that only a test needs.
 */
export async function startApiFromSource(
  overrides: Record<string, string> = {},
  guests: readonly Type[] = [],
): Promise<Api> {
  const parts = await Promise.all([
    import('../../src/app.setup.js'),
    import('../../src/platform/config/load-config.js'),
    import('../../src/platform/logging/logger.js'),
  ]);
  return start(parts, overrides, guests);
}

type Parts = readonly [typeof AppSetup, typeof LoadConfig, typeof Logger];

async function start(
  [{ createApp }, { loadConfig }, { createLogger }]: Parts,
  overrides: Record<string, string>,
  guests: readonly Type[] = [],
): Promise<Api> {
  const config = loadConfig(apiEnvironment(overrides));
  const log: string[] = [];
  const logger = createLogger(config.log.level, { write: (line) => log.push(line) });
  const app = await createApp(config, logger, { guests });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), app, log, close: () => app.close() };
}
