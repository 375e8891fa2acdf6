import type { SupabaseUser } from '../../supabase/supabase.types.js';

/** What somebody who has signed in gets, whichever kind of token is in use. */
export interface SignedIn {
  accessToken: string;
  refreshToken: string;
  /** How long the access token lives, in seconds. */
  expiresIn: number;
  user: SupabaseUser;
}

/** What a sign-up came to: a sign-in, or only the user when the e-mail has to be confirmed first. */
export type SignedUp = SignedIn | { user: SupabaseUser; accessToken: null };
