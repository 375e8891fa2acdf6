import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.service.js';
import { KeyedCommit } from '../platform/database/keyed-commit.js';
import {
  adjustmentEntry,
  chargeEntry,
  columnsOf,
  grantEntry,
  POST_ENTRIES,
  postingOf,
  refundEntry,
  type Entry,
  type PostedRow,
} from './ledger-batch.js';
import type {
  Adjustment,
  Charge,
  CreditSummary,
  Grant,
  LedgerViolation,
  LostCharge,
  Posting,
  Refund,
  Transaction,
} from './ledger.types.js';

/** The largest page of transactions. */
export const MAX_TRANSACTIONS = 1_001;

/**
 * The ledger. Movements of concurrent requests are committed together; each answer is durable when it arrives. All
 * methods throw `unavailable` when the database cannot be reached: then a movement may or may not have been written,
 * and sending it again with the same operation id settles which.
 */
@Injectable()
export class LedgerRepository {
  private readonly group: KeyedCommit<Entry, Posting>;

  constructor(private readonly database: Database) {
    this.group = new KeyedCommit({
      execute: (entries) => this.post(entries),
      concurrency: 2,
      keyOf: ({ profileId }) => profileId,
    });
    database.beforeClose(() => this.group.close());
  }

  /** Takes credits for a request; refused with `insufficient` when the balance does not cover them. */
  charge(charge: Charge): Promise<Posting> {
    return this.group.run(chargeEntry(charge));
  }

  /** Gives a charge back, at most once however often it is asked. */
  refund(refund: Refund): Promise<Posting> {
    return this.group.run(refundEntry(refund));
  }

  /** Gives back a charge that may have been written; undefined when its user has no profile, and so no charges. */
  async refundLost({ userId, ...refund }: LostCharge): Promise<Posting | undefined> {
    const [profile] = await this.database.query<{ id: number }>(
      'ledger.profile',
      'select id from supanest.profiles where user_id = $1',
      [userId],
    );
    return profile && this.refund({ ...refund, profileId: profile.id });
  }

  grant(grant: Grant): Promise<Posting> {
    return this.group.run(grantEntry(grant));
  }

  /** Corrects a balance; refused with `insufficient` below zero. */
  adjust(adjustment: Adjustment): Promise<Posting> {
    return this.group.run(adjustmentEntry(adjustment));
  }

  /** Undefined for an unknown profile. */
  async balance(profileId: number): Promise<number | undefined> {
    const rows = await this.database.query<{ credits_balance: number }>(
      'ledger.balance',
      'select credits_balance from supanest.profiles where id = $1',
      [profileId],
    );
    return rows[0]?.credits_balance;
  }

  /**
   * A page of a profile's rows, newest first: those older than `before`, at most `limit` (and 1,001). The id of the last
   * one is the `before` of the next page.
   */
  transactions(
    profileId: number,
    page: { limit: number; before?: number | undefined },
  ): Promise<Transaction[]> {
    return this.database.query<Transaction>(
      'ledger.transactions',
      `select t.id, p.user_id as username, t.kind, t.amount, t.balance_after as "balanceAfter", t.description,
         t.endpoint, t.created_at as "createdAt"
       from supanest.credit_transactions t
       join supanest.profiles p on p.id = t.profile_id
       where t.profile_id = $1 and t.id < $2
       order by t.id desc
       limit $3`,
      [profileId, page.before ?? Number.MAX_SAFE_INTEGER, Math.min(page.limit, MAX_TRANSACTIONS)],
    );
  }

  /** Undefined for an unknown profile. The totals are kept with the balance, so no ledger row is read. */
  async summary(profileId: number): Promise<CreditSummary | undefined> {
    const rows = await this.database.query<CreditSummary>(
      'ledger.summary',
      `select credits_added as "totalAdded", credits_used as "totalUsed", credits_balance as "currentBalance"
       from supanest.profiles where id = $1`,
      [profileId],
    );
    return rows[0];
  }

  /** Every broken rule of the ledger; none when it is sound. Reads all rows. */
  violations(): Promise<LedgerViolation[]> {
    return this.database.query<LedgerViolation>(
      'ledger.violations',
      `select rule, profile_id as "profileId", transaction_id as "transactionId", detail from supanest.ledger_violations()`,
    );
  }

  private async post(entries: readonly Entry[]): Promise<Posting[]> {
    const rows = await this.database.query<PostedRow>('ledger.post', POST_ENTRIES, columnsOf(entries));
    return rows.map(postingOf);
  }
}
