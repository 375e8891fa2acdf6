import type { AdminUserAttributes, Session, User, UserIdentity } from '@supabase/supabase-js';

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
