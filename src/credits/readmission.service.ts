import { Injectable } from '@nestjs/common';
import { quotaKey, QuotaStorage } from './quota.storage.js';

/** Whether somebody who was admitted may still be here. */
export type Standing = 'admitted' | 'inactive' | 'signed_out';

/** Asks about those who stay longer than a request. */
@Injectable()
export class Readmission {
  constructor(private readonly storage: QuotaStorage) {}

  /**
   * The standing of a session of a user. Nothing is counted; all who ask at the same time are one statement.
   * @throws AppError `unavailable` when the database cannot be reached
   */
  async standingOf(userId: string, sessionId: string | null): Promise<Standing> {
    const { admission } = await this.storage.increment(quotaKey.ofUser(userId, sessionId, false));
    if (admission.verdict === 'inactive') return 'inactive';
    return admission.verdict === 'session_revoked' || admission.verdict === 'unknown_user'
      ? 'signed_out'
      : 'admitted';
  }
}
