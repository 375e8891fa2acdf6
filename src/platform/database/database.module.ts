import { Global, Module } from '@nestjs/common';
import { DatabaseConfig } from '../config/config.js';
import { Database } from './database.service.js';
import { ChangeListener } from './listener.js';

/** Gives every room the one database, and the one ear for changes of tiers and rates. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [DatabaseConfig],
      useFactory: ({ url, poolSize, statementTimeoutMs }: DatabaseConfig): Database =>
        new Database({ url, poolSize, statementTimeoutMs }),
    },
    {
      provide: ChangeListener,
      inject: [DatabaseConfig],
      useFactory: ({ directUrl }: DatabaseConfig): ChangeListener =>
        new ChangeListener({ url: directUrl, channel: 'supanest_changes' }),
    },
  ],
  exports: [Database, ChangeListener],
})
export class DatabaseModule {}
