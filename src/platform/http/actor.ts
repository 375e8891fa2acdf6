/** Who makes the request, as the service knows them at this moment; built by the auth and credits rooms. */
export interface Actor {
  /** The profile's number, `User.id`. */
  readonly id: number;
  /** Supabase's id of the user (`sub`), `User.username`. */
  readonly userId: string;
  readonly email: string | null;
  readonly role: 'user' | 'admin';
  readonly tier: string;
}

/** What a verified token says, before the database was asked. */
export interface Identity {
  /** `sub`: Supabase's id of the user. */
  readonly userId: string;
  readonly email: string | null;
  /** Supabase's session; null for a token that was minted without one. */
  readonly sessionId: string | null;
  /** Who signed the token: Supabase, or this API in `API_SECRET_KEY` mode. */
  readonly issuer: 'supabase' | 'api';
  /** The token itself, to go along to Supabase. Never logged. */
  readonly token: string;
  /** All claims of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
}
