import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './auth/access.guard.js';
import { AuthModule } from './auth/auth.module.js';
import { RolesGuard } from './auth/roles.guard.js';
import { CreditsModule } from './credits/credits.module.js';
import { GuessingGuard } from './credits/guessing.guard.js';
import { MeteringGuard } from './credits/metering.guard.js';
import { QuotaGuard } from './credits/quota.guard.js';
import { DatabaseRoomModule } from './database/database.module.js';
import { FunctionsModule } from './functions/functions.module.js';
import { HealthModule } from './health/health.module.js';
import type { Config } from './platform/config/config.js';
import { ConfigModule } from './platform/config/config.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HttpModule } from './platform/http/http.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { StorageModule } from './storage/storage.module.js';
import { UsersModule } from './users/users.module.js';

/** The list of rooms. */
@Module({})
export class AppModule {
  /** @param guests - rooms of somebody else, under the same guards */
  static of(config: Config, guests: readonly Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        DatabaseModule,
        HttpModule,
        HealthModule,
        AuthModule,
        CreditsModule,
        UsersModule,
        DatabaseRoomModule,
        FunctionsModule,
        RealtimeModule,
        StorageModule,
        ...guests,
      ],
      providers: [
        // In this order: a token is verified, its request is counted, its role is looked at, its price is taken.
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_GUARD, useExisting: QuotaGuard },
        { provide: APP_GUARD, useExisting: GuessingGuard },
        { provide: APP_GUARD, useExisting: RolesGuard },
        { provide: APP_GUARD, useExisting: MeteringGuard },
      ],
    };
  }
}
