/** A request that asks to pass. */
export interface Applicant {
  /** The user of its token; absent for a request without one. */
  userId?: string | undefined;
  /** The session its token belongs to; absent or null when the token names none. */
  sessionId?: string | null | undefined;
  /** The client's address: what requests without a token are counted by. */
  address?: string | undefined;
  /** false: it is only asked who it is, and whether they may be here (default true). */
  counted?: boolean | undefined;
  /** What the user pays in the same step if the request is admitted; absent where nothing is to be charged. */
  fare?: Fare | undefined;
}

/** What a request costs, before it is known whether it passes. */
export interface Fare {
  /** Positive. */
  price: number;
  /** Version of the rates it was priced by. Where they have changed since, nothing is charged in this step. */
  version: number;
  /** Of the charge (see `Charge.operationId`). */
  operationId: string;
  /** The path that was requested. */
  path: string;
  requestId: string;
}

/** What was decided about a request. */
export interface Admission {
  verdict:
    | 'admitted'
    /** The day's requests are used up; this one was not counted. */
    | 'over_limit'
    /** An administrator has switched the user off. */
    | 'inactive'
    /** Signed out, expired or deleted, here or at Supabase. */
    | 'session_revoked'
    /** Not (or no longer) a user of Supabase. */
    | 'unknown_user';
  profileId: number | null;
  role: 'user' | 'admin' | null;
  tier: string | null;
  isActive: boolean;
  sessionRevoked: boolean;
  /** Requests per UTC day; null for admins, who have no limit, and for requests that are not counted. */
  dailyLimit: number | null;
  /** Requests of the day, this one included if it was admitted; null where none are counted. */
  used: number | null;
  /** Seconds until the next UTC day. */
  resetSeconds: number;
  /** Version of tiers and rates when this was decided (see `RateCache.at`). */
  version: number;
  /** The balance after the fare was paid; null when it was not: the ledger has to be asked for itself. */
  balanceAfter: number | null;
  /** It was asked twice, as the first answer was lost: whether the fare was paid the first time is not known. */
  again: boolean;
}
