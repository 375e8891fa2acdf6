import { createApp } from './app.setup.js';
import { ConfigError, loadConfig } from './platform/config/load-config.js';
import { readEnvironment } from './platform/config/read-environment.js';
import { listen } from './platform/load/listening-sockets.js';
import { createLogger } from './platform/logging/logger.js';
import { releaseStartUpMemory } from './platform/process/release-start-up-memory.js';

try {
  const config = loadConfig(readEnvironment());
  const logger = createLogger(config.log.level);
  const app = await createApp(config, logger);
  await app.init();
  releaseStartUpMemory();
  await listen(app, config.http);
  logger.info({ msg: 'listening', url: await app.getUrl() });

  // Requests in flight and pending charges finish first. Nest's own shutdown hooks would end with the signal's code.
  let closing = false;
  const close = (reason: string): void => {
    if (closing) return;
    closing = true;
    logger.info({ msg: 'closing', reason });
    void app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ msg: 'closing failed', err: error });
        process.exit(1);
      },
    );
  };
  // A channel is there where `npm start` has started it: when that was killed, nobody else would end it.
  for (const reason of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(reason, () => close(reason));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}
