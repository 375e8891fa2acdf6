import { createApp } from './app.setup.js';
import { ConfigError, loadConfig } from './platform/config/load-config.js';
import { readEnvironment } from './platform/config/read-environment.js';
import { createLogger } from './platform/logging/logger.js';
import { releaseStartUpMemory } from './platform/process/release-start-up-memory.js';

try {
  const config = loadConfig(readEnvironment());
  const logger = createLogger(config.log.level);
  const app = await createApp(config, logger);
  await app.init();
  releaseStartUpMemory();
  await app.listen(config.http.port, config.http.host);
  logger.info({ msg: 'listening', url: await app.getUrl() });

  // Requests in flight and pending charges finish first. Nest's own shutdown hooks would end with the signal's code.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      logger.info({ msg: 'closing', signal });
      void app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ msg: 'closing failed', err: error });
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}
