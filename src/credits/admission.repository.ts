import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { KeyedCommit } from '../platform/database/keyed-commit.js';
import type { Admission, Applicant, Fare } from './admission.types.js';

/** What is told of an item, in the order of {@link COLUMNS}. */
type AdmissionRow = [
  verdict: Admission['verdict'],
  profileId: number | null,
  role: 'user' | 'admin' | null,
  tier: string | null,
  isActive: boolean,
  sessionRevoked: boolean,
  dailyLimit: number | null,
  used: number | null,
  resetSeconds: number,
  version: number,
  balanceAfter?: number | null,
];

type FareApplicant = Applicant & { fare: Fare };

/** All rows as one value: read at once, they take half the processor time that a row and column at a time do. */
interface Answer {
  rows: AdmissionRow[];
}

const COLUMNS =
  'verdict, profile_id, role, tier, is_active, session_revoked, daily_limit, used, reset_seconds, version';

/** Without names for the columns, which Postgres would write and Node read for each row: that takes twice the time. */
const rowsOf = (columns: string): string => `json_agg(json_build_array(${columns}) order by item) as rows`;

const ADMIT = `select ${rowsOf(COLUMNS)} from supanest.admit($1, $2, $3, $4)`;

const ADMIT_AND_CHARGE = `
  select ${rowsOf(`${COLUMNS}, balance_after`)}
  from supanest.admit_and_charge($1, $2, $3, $4, $5, $6, $7, $8, $9)`;

/** Who may pass, and who pays for it, decided and written in one statement for all requests that are waiting. */
@Injectable()
export class AdmissionRepository {
  private readonly free: KeyedCommit<Applicant, Admission>;
  /** In batches of their own: a charge may have to wait for somebody's balance, and what is free need not wait with it. */
  private readonly paying: KeyedCommit<FareApplicant, Admission>;

  constructor(private readonly database: Database) {
    // Counting twice after a lost connection takes a request from the user; not counting would give one away. Both are
    // bearable, and a retry answers the request. A fare is not paid twice: its operation id sees to that.
    this.free = new KeyedCommit({
      execute: (batch, again) => this.admitAll(batch, again),
      concurrency: 2,
      keyOf: subjectOf,
    });
    this.paying = new KeyedCommit<FareApplicant, Admission>({
      execute: (batch, again) => this.chargeAll(batch, again),
      concurrency: 2,
      keyOf: subjectOf,
    });
    database.beforeClose(async () => {
      await Promise.all([this.free.close(), this.paying.close()]);
    });
  }

  /** Decides one request, counts it if it is admitted and takes its fare. Throws `unavailable` when the database cannot be reached. */
  admit(applicant: Applicant): Promise<Admission> {
    return hasFare(applicant) ? this.paying.run(applicant) : this.free.run(applicant);
  }

  /** Deletes counters of past days, windows that are over, and sign-outs whose tokens have expired. */
  async sweep(): Promise<void> {
    await this.database.query('admission.sweep', 'select supanest.sweep()');
  }

  private async admitAll(applicants: readonly Applicant[], again: boolean): Promise<Admission[]> {
    const [answer] = await this.database.query<Answer>('admission.admit', ADMIT, columnsOf(applicants));
    return admissionsOf(answer, again);
  }

  private async chargeAll(applicants: readonly FareApplicant[], again: boolean): Promise<Admission[]> {
    const [answer] = await this.database.query<Answer>('admission.charge', ADMIT_AND_CHARGE, [
      ...columnsOf(applicants),
      // While rates change, prices by the older ones may still be among them.
      Math.min(...applicants.map(({ fare }) => fare.version)),
      applicants.map(({ fare }) => fare.price),
      applicants.map(({ fare }) => fare.operationId),
      applicants.map(({ fare }) => fare.path),
      applicants.map(({ fare }) => fare.requestId),
    ]);
    return admissionsOf(answer, again);
  }
}

const hasFare = (applicant: Applicant): applicant is FareApplicant => applicant.fare !== undefined;

/** Whose counter and balance it is. */
const subjectOf = ({ userId, address }: Applicant): unknown => userId ?? address;

const columnsOf = (applicants: readonly Applicant[]): unknown[] => [
  applicants.map(({ userId }) => userId ?? null),
  applicants.map(({ sessionId }) => sessionId ?? null),
  applicants.map(({ address }) => address ?? null),
  applicants.map(({ counted }) => counted ?? true),
];

const admissionsOf = (answer: Answer | undefined, again: boolean): Admission[] =>
  answer?.rows.map((row) => admissionOf(row, again)) ?? [];

const admissionOf = (row: AdmissionRow, again: boolean): Admission => ({
  verdict: row[0],
  profileId: row[1],
  role: row[2],
  tier: row[3],
  isActive: row[4],
  sessionRevoked: row[5],
  dailyLimit: row[6],
  used: row[7],
  resetSeconds: row[8],
  version: row[9],
  balanceAfter: row[10] ?? null,
  again,
});
