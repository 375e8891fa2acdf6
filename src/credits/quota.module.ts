import { Module } from '@nestjs/common';
import { AdmissionRepository } from './admission.repository.js';
import { QuotaStorage } from './quota.storage.js';
import { Readmission } from './readmission.service.js';
import { SweeperService } from './sweeper.service.js';

/** The counters behind the throttler; a module of its own, as the throttler's module has to import it. */
@Module({
  providers: [AdmissionRepository, QuotaStorage, Readmission, SweeperService],
  exports: [QuotaStorage, Readmission],
})
export class QuotaModule {}
