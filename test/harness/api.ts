import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.js';
import { loadConfig } from '../../src/platform/config/load-config.js';
import { createLogger } from '../../src/platform/logging/logger.js';
import { apiEnvironment } from './environment.js';

/** The whole application, listening on a free port. */
export interface Api {
  url: string;
  app: NestFastifyApplication;
  /** Every line it has logged. */
  log: string[];
  close(): Promise<void>;
}

/**
 * Starts the API as `main.ts` does, in this process. `overrides` are environment variables; `guests` are modules with
 * endpoints that only a test needs.
 */
export async function startApi(
  overrides: Record<string, string> = {},
  guests: readonly Type[] = [],
): Promise<Api> {
  const config = loadConfig(apiEnvironment(overrides));
  const log: string[] = [];
  const logger = createLogger(config.log.level, { write: (line) => log.push(line) });
  const app = await createApp(config, logger, { guests });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), app, log, close: () => app.close() };
}
