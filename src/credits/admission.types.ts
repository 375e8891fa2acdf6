/** A request that asks to pass. */
export interface Applicant {
  /** The user of its token; absent for a request without one. */
  userId?: string | undefined;
  /** The session its token belongs to; absent when the token names none. */
  sessionId?: string | undefined;
  /** The client's address: what requests without a token are counted by. */
  address: string;
  /** false: it is only asked who it is, and whether they may be here (default true). */
  counted?: boolean | undefined;
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
}
