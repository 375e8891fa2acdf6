import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { GroupCommit } from '../platform/database/group-commit.js';
import type { Admission, Applicant } from './admission.types.js';

interface AdmissionRow {
  verdict: Admission['verdict'];
  profile_id: number | null;
  role: 'user' | 'admin' | null;
  tier: string | null;
  is_active: boolean;
  session_revoked: boolean;
  daily_limit: number | null;
  used: number | null;
  reset_seconds: number;
  version: number;
}

const ADMIT = `
  select verdict, profile_id, role, tier, is_active, session_revoked, daily_limit, used, reset_seconds, version
  from supanest.admit($1, $2, $3, $4)
  order by item`;

/** Who may pass, decided and counted in one statement for all requests that are waiting. */
@Injectable()
export class AdmissionRepository {
  private readonly group: GroupCommit<Applicant, Admission>;

  constructor(private readonly database: Database) {
    // Counting twice after a lost connection takes a request from the user; not counting would give one away. Both are
    // bearable, and a retry answers the request.
    this.group = new GroupCommit({ execute: (applicants) => this.decide(applicants), concurrency: 2 });
    database.beforeClose(() => this.group.close());
  }

  /** Decides one request and counts it if it is admitted. Throws `unavailable` when the database cannot be reached. */
  admit(applicant: Applicant): Promise<Admission> {
    return this.group.run(applicant);
  }

  /** Deletes counters of past days, windows that are over, and sign-outs whose tokens have expired. */
  async sweep(): Promise<void> {
    await this.database.query('admission.sweep', 'select supanest.sweep()');
  }

  private async decide(applicants: readonly Applicant[]): Promise<Admission[]> {
    const rows = await this.database.query<AdmissionRow>('admission.admit', ADMIT, [
      applicants.map((applicant) => applicant.userId ?? null),
      applicants.map((applicant) => applicant.sessionId ?? null),
      applicants.map((applicant) => applicant.address),
      applicants.map((applicant) => applicant.counted ?? true),
    ]);
    return rows.map((row) => ({
      verdict: row.verdict,
      profileId: row.profile_id,
      role: row.role,
      tier: row.tier,
      isActive: row.is_active,
      sessionRevoked: row.session_revoked,
      dailyLimit: row.daily_limit,
      used: row.used,
      resetSeconds: row.reset_seconds,
      version: row.version,
    }));
  }
}
