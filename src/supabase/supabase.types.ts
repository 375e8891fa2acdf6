import type { AdminUserAttributes, Factor, Session, User, UserIdentity } from '@supabase/supabase-js';

/** A user as Supabase Auth describes them. */
export type SupabaseUser = User;

/** What an administrator may set of a user. */
export type SupabaseUserChanges = AdminUserAttributes;

/** A way to sign in that is linked to a user. */
export type SupabaseIdentity = UserIdentity;

/** A session as Supabase Auth hands it out. `expires_at` is in Unix seconds, `expires_in` in seconds. */
export type SupabaseTokens = Session & { expires_at: number };

/** What a sign-up came to: with `session: null` the e-mail has to be confirmed first. */
export interface SignUpResult {
  user: SupabaseUser;
  session: SupabaseTokens | null;
}

/** One page of Supabase's users. */
export interface SupabaseUserPage {
  users: SupabaseUser[];
  /** How many there are in all, where Supabase says so. */
  total: number | null;
}

/** Whose tokens a sign-out ends: this session's, all of the user's, or all but this one's. */
export type SignOutScope = 'local' | 'global' | 'others';

/** The e-mailed codes that sign in. */
export type EmailOtpType = 'email' | 'signup' | 'magiclink' | 'recovery' | 'invite';

/** A second factor of a user. It counts once it is `verified`. */
export type SupabaseFactor = Factor;

/** A factor that was just begun, with what an authenticator app needs to be set up. */
export interface SupabaseEnrolledFactor {
  id: string;
  type: 'totp';
  friendly_name?: string;
  /** `qr_code` is an image as a data URI, `uri` what it shows (`otpauth://…`), `secret` for typing it in. */
  totp: { qr_code: string; secret: string; uri: string };
}

/** A challenge to prove a factor. `expires_at` is in Unix seconds. */
export interface SupabaseChallenge {
  id: string;
  type: string;
  expires_at: number;
}

/** Where a browser has to go to sign in elsewhere. */
export interface SupabaseRedirect {
  url: string;
}

/** The same at a provider of OAuth. */
export interface SupabaseProviderRedirect extends SupabaseRedirect {
  provider: string;
}

/** Where a flow at a provider comes back to. */
export interface FlowTarget {
  /** Where the browser is sent afterwards; the project must allow it, too. */
  redirectUrl: string;
  /**
   * The S256 challenge of a PKCE verifier: the browser then comes back with a code for `exchangeCodeForSession`. Without
   * it, it comes back with Supabase's tokens in the fragment.
   */
  codeChallenge?: string | undefined;
}
