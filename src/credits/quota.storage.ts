import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';
import { AdmissionRepository } from './admission.repository.js';
import type { Admission, Applicant } from './admission.types.js';

/** What the throttler asks of a storage, and everything else the database said about the request. */
export interface QuotaRecord {
  /** Requests of the UTC day, this one included. */
  totalHits: number;
  /** Seconds until the count starts anew. */
  timeToExpire: number;
  isBlocked: boolean;
  timeToBlockExpire: number;
  admission: Admission;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const UNCOUNTED = 'uncounted';

/**
 * Who asks, as a throttler's key: `ip:<address>`, or `user:<uuid>:<session>`, the session being that of the token, if it
 * names one; `:uncounted` behind it asks who it is without counting.
 */
export const quotaKey = {
  ofAddress: (address: string): string => `ip:${address}`,
  ofUser: (userId: string, sessionId: string | null, counted = true): string =>
    `user:${userId}:${sessionId ?? ''}${counted ? '' : `:${UNCOUNTED}`}`,
};

/**
 * The throttler's storage: counters in Postgres, shared by all replicas. Requests that wait at the same time are counted
 * in one statement, which also answers whether the user may be here at all; so a request asks the database once.
 */
@Injectable()
export class QuotaStorage implements ThrottlerStorage {
  constructor(private readonly admissions: AdmissionRepository) {}

  /** Limits and windows are those of the tiers, not the throttler's. */
  async increment(key: string): Promise<QuotaRecord> {
    const applicant = applicantOf(key);
    const admission = applicant ? await this.admissions.admit(applicant) : NOBODY;
    return {
      totalHits: admission.used ?? 0,
      timeToExpire: admission.resetSeconds,
      isBlocked: admission.verdict === 'over_limit',
      timeToBlockExpire: admission.resetSeconds,
      admission,
    };
  }
}

/** Undefined for ids that are no uuids: no user of Supabase has such, and they would fail the whole batch. */
function applicantOf(key: string): Applicant | undefined {
  if (key.startsWith('ip:')) return { address: key.slice('ip:'.length) };
  const [, userId = '', sessionId = '', suffix] = key.split(':');
  if (!UUID.test(userId) || (sessionId !== '' && !UUID.test(sessionId))) return undefined;
  return { userId, sessionId: sessionId || undefined, address: '', counted: suffix !== UNCOUNTED };
}

const NOBODY: Admission = {
  verdict: 'unknown_user',
  profileId: null,
  role: null,
  tier: null,
  isActive: false,
  sessionRevoked: false,
  dailyLimit: null,
  used: null,
  resetSeconds: 0,
  version: 0,
};
