/** Why credits moved. */
export type TransactionKind = 'grant' | 'charge' | 'refund' | 'adjustment';

/**
 * What became of a movement: everything but `ok` moved nothing. `insufficient`: the balance would be negative.
 * `unknown_charge`: this profile has no such charge. `too_large`: the balance would exceed what JSON numbers hold.
 * `conflict`: the operation id belongs to another movement.
 */
export type PostingResult =
  'ok' | 'insufficient' | 'unknown_user' | 'unknown_charge' | 'too_large' | 'conflict';

/** The ledger's answer to a movement. */
export interface Posting {
  result: PostingResult;
  /** After the movement, or the present one when refused; null for an unknown user. */
  balance: number | null;
  /** The ledger row; null when refused. */
  transactionId: number | null;
  /** The ledger had this movement already; it was not written again. */
  replayed: boolean;
}

/** What every movement names. */
interface Movement {
  profileId: number;
  /**
   * The same movement sent twice has the same id and is written once. Chosen by the service (`newOperationId`), never
   * by a client: whoever chooses it can have one charge count for many requests.
   */
  operationId: string;
  /** The X-Request-Id, for tracing only. */
  requestId?: string | undefined;
}

/** Credits taken for one request. */
export interface Charge extends Movement {
  /** Positive. */
  amount: number;
  /** The path that was requested; the description is `API request to <path>`. */
  path: string;
  /** The route that was charged. */
  endpoint: string;
}

/** A charge given back, whole. */
export interface Refund {
  profileId: number;
  /** The operation id of the charge: known even when the answer to the charge was lost. */
  chargeOperationId: string;
  reason: string;
  requestId?: string | undefined;
}

/** A charge whose answer was lost before anybody knew the profile: given back if it was written. */
export interface LostCharge {
  /** The user's uuid. */
  userId: string;
  chargeOperationId: string;
  reason: string;
  requestId?: string | undefined;
}

/** Credits added. */
export interface Grant extends Movement {
  /** Positive. */
  amount: number;
  /** Who added them (a user's uuid); null when the service did. */
  actor: string | null;
  reason?: string | undefined;
  description?: string | undefined;
}

/** A correction, up or down. */
export interface Adjustment extends Movement {
  /** Not zero. */
  amount: number;
  actor: string;
  reason: string;
}

/** A row of the ledger, as its owner sees it. */
export interface Transaction {
  id: number;
  /** The user's uuid. */
  username: string;
  kind: TransactionKind;
  /** Negative for use. */
  amount: number;
  balanceAfter: number;
  description: string;
  endpoint: string | null;
  createdAt: Date;
}

/** `totalAdded - totalUsed` is `currentBalance`. */
export interface CreditSummary {
  /** Grants and adjustments. */
  totalAdded: number;
  /** Charges net of refunds, as a positive number. */
  totalUsed: number;
  currentBalance: number;
}

/** A rule of the ledger that does not hold. Never happens, unless somebody changes the tables by hand. */
export interface LedgerViolation {
  rule: string;
  profileId: number;
  /** Null when it is about the balance as a whole. */
  transactionId: number | null;
  detail: string;
}
