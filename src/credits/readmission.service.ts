import { Injectable } from '@nestjs/common';
import { QuotaStorage } from './quota.storage.js';

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
    const { verdict } = await this.storage.admit({ userId, sessionId, counted: false });
    if (verdict === 'inactive') return 'inactive';
    return verdict === 'session_revoked' || verdict === 'unknown_user' ? 'signed_out' : 'admitted';
  }
}
