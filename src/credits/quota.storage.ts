import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { AdmissionRepository } from './admission.repository.js';
import type { Admission, Applicant } from './admission.types.js';

/** What the throttler asks of a storage. */
interface ThrottlerRecord {
  /** Requests of the UTC day, this one included. */
  totalHits: number;
  /** Seconds until the count starts anew. */
  timeToExpire: number;
  isBlocked: boolean;
  timeToBlockExpire: number;
}

/**
 * The throttler's storage: counters in Postgres, shared by all replicas. Requests that wait at the same time are counted
 * in one statement, which also answers whether the user may be here at all, and takes what the request costs; so a request
 * asks the database once.
 */
@Injectable()
export class QuotaStorage implements ThrottlerStorage {
  constructor(private readonly admissions: AdmissionRepository) {}

  /** Decides one request and counts it. Throws `unavailable` when the database cannot be reached. */
  admit(applicant: Applicant): Promise<Admission> {
    return this.admissions.admit(applicant);
  }

  /** What the library itself counts by a key of its own is counted like an address: against the limit of those without a token. */
  async increment(key: string): Promise<ThrottlerRecord> {
    const { verdict, used, resetSeconds } = await this.admit({ address: key });
    return {
      totalHits: used ?? 0,
      timeToExpire: resetSeconds,
      isBlocked: verdict === 'over_limit',
      timeToBlockExpire: resetSeconds,
    };
  }
}
