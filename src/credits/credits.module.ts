import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { DatabaseConfig } from '../platform/config/config.js';
import { Database } from '../platform/database/database.service.js';
import { AttemptsRepository } from './attempts.repository.js';
import { CreditsController } from './credits.controller.js';
import { CreditsService } from './credits.service.js';
import { GuessingGuard } from './guessing.guard.js';
import { LedgerRepository } from './ledger.repository.js';
import { MeteringGuard } from './metering.guard.js';
import { MeteringService } from './metering.service.js';
import { QuotaGuard } from './quota.guard.js';
import { QuotaModule } from './quota.module.js';
import { QuotaStorage } from './quota.storage.js';
import { RateCache } from './rate-cache.js';
import { RatesController } from './rates.controller.js';
import { RatesRepository } from './rates.repository.js';
import { RatesService } from './rates.service.js';
import { RefundQueue } from './refund-queue.js';
import { Settlement } from './settlement.service.js';
import { TiersController } from './tiers.controller.js';
import { TiersRepository } from './tiers.repository.js';
import { TiersService } from './tiers.service.js';

/** Credits, prices and quotas: who may make a request, and what it costs. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      imports: [QuotaModule],
      inject: [QuotaStorage],
      // The limits are those of the tiers; the throttler only wants to be told that there is one.
      useFactory: (storage: QuotaStorage) => ({ throttlers: [{ limit: 0, ttl: 0 }], storage }),
    }),
  ],
  controllers: [CreditsController, RatesController, TiersController],
  providers: [
    AttemptsRepository,
    LedgerRepository,
    RatesRepository,
    TiersRepository,
    RateCache,
    QuotaGuard,
    GuessingGuard,
    CreditsService,
    RatesService,
    TiersService,
    MeteringGuard,
    MeteringService,
    Settlement,
    {
      provide: RefundQueue,
      inject: [LedgerRepository, Database, DatabaseConfig],
      useFactory: (ledger: LedgerRepository, database: Database, config: DatabaseConfig): RefundQueue => {
        // As long again, for what a slow commit takes on top.
        const refunds = new RefundQueue(ledger, 2 * config.statementTimeoutMs);
        database.beforeClose(() => refunds.close());
        return refunds;
      },
    },
  ],
  exports: [CreditsService, QuotaGuard, GuessingGuard, MeteringGuard],
})
export class CreditsModule {}
