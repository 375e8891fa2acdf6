import type {
  Adjustment,
  Charge,
  Grant,
  Posting,
  PostingResult,
  Refund,
  TransactionKind,
} from './ledger.types.js';

/** One movement as `supanest.post_entries` takes it: the columns of the ledger, signed. */
export interface Entry {
  kind: TransactionKind;
  profileId: number;
  amount: number | null;
  operationId: string | null;
  chargeOperationId: string | null;
  description: string;
  endpoint: string | null;
  actor: string | null;
  reason: string | null;
  requestId: string | null;
}

/** A row that `supanest.post_entries` answers. */
export interface PostedRow {
  result: PostingResult;
  balance: number | null;
  transaction_id: number | null;
  replayed: boolean;
}

const blank = {
  operationId: null,
  chargeOperationId: null,
  endpoint: null,
  actor: null,
  reason: null,
};

export const chargeEntry = (charge: Charge): Entry => ({
  ...blank,
  kind: 'charge',
  profileId: charge.profileId,
  amount: -charge.amount,
  operationId: charge.operationId,
  description: `API request to ${charge.path}`,
  endpoint: charge.endpoint,
  requestId: charge.requestId ?? null,
});

export const refundEntry = (refund: Refund): Entry => ({
  ...blank,
  kind: 'refund',
  profileId: refund.profileId,
  amount: null,
  chargeOperationId: refund.chargeOperationId,
  description: `Refund: ${refund.reason}`,
  reason: refund.reason,
  requestId: refund.requestId ?? null,
});

export const grantEntry = (grant: Grant): Entry => ({
  ...blank,
  kind: 'grant',
  profileId: grant.profileId,
  amount: grant.amount,
  operationId: grant.operationId,
  description: grant.description ?? 'Credits added',
  actor: grant.actor,
  reason: grant.reason ?? null,
  requestId: grant.requestId ?? null,
});

export const adjustmentEntry = (adjustment: Adjustment): Entry => ({
  ...blank,
  kind: 'adjustment',
  profileId: adjustment.profileId,
  amount: adjustment.amount,
  operationId: adjustment.operationId,
  description: `Adjustment: ${adjustment.reason}`,
  actor: adjustment.actor,
  reason: adjustment.reason,
  requestId: adjustment.requestId ?? null,
});

export const POST_ENTRIES = `
  select result, balance, transaction_id, replayed
  from supanest.post_entries($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
  order by item`;

/** A batch as the function's parameters: one array per column. */
export const columnsOf = (entries: readonly Entry[]): unknown[] => [
  entries.map((entry) => entry.kind),
  entries.map((entry) => entry.profileId),
  entries.map((entry) => entry.amount),
  entries.map((entry) => entry.operationId),
  entries.map((entry) => entry.chargeOperationId),
  entries.map((entry) => entry.description),
  entries.map((entry) => entry.endpoint),
  entries.map((entry) => entry.actor),
  entries.map((entry) => entry.reason),
  entries.map((entry) => entry.requestId),
];

export const postingOf = ({ result, balance, transaction_id, replayed }: PostedRow): Posting => ({
  result,
  balance,
  transactionId: transaction_id,
  replayed,
});
