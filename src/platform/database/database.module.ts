import { Global, Module } from '@nestjs/common';
import { DatabaseConfig } from '../config/config.js';
import { Database } from './database.service.js';

/** Gives every room the one database. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [DatabaseConfig],
      useFactory: ({ url, poolSize, statementTimeoutMs }: DatabaseConfig): Database =>
        new Database({ url, poolSize, statementTimeoutMs }),
    },
  ],
  exports: [Database],
})
export class DatabaseModule {}
