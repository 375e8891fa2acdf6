import type { FactoryProvider } from '@nestjs/common';
import { TokenConfig } from '../../platform/config/config.js';
import { Database } from '../../platform/database/database.service.js';
import { deriveKey } from '../tokens/derive-key.js';
import { CredentialsStore } from './credentials.types.js';
import { MemoryCredentialsStore } from './memory-credentials.store.js';
import { PostgresCredentialsStore } from './postgres-credentials.store.js';
import { RedisCredentialsStore } from './redis-credentials.store.js';

/** The store that the configuration names. Without a key of the API's own there is nothing to keep. */
export const credentialsStoreProvider: FactoryProvider<CredentialsStore> = {
  provide: CredentialsStore,
  inject: [TokenConfig, Database],
  useFactory: (
    { apiSecretKey, credentialsStore: kind, redisUrl, credentialsTtlSeconds }: TokenConfig,
    database: Database,
  ): CredentialsStore => {
    if (apiSecretKey === undefined || kind === 'memory') return new MemoryCredentialsStore();
    const key = deriveKey(apiSecretKey, 'stored sessions');
    return kind === 'redis' && redisUrl !== undefined
      ? new RedisCredentialsStore(redisUrl, key, credentialsTtlSeconds)
      : new PostgresCredentialsStore(database, key);
  },
};
