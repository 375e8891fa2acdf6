import type { FactorType } from '../sessions/second-factors.ts';

/** A JSON object as stored in `jsonb`. */
export type JsonObject = Record<string, unknown>;

/** One row of `auth.users`, as far as this service reads it. */
export interface UserRow {
  id: string;
  aud: string;
  role: string | null;
  email: string | null;
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  invited_at: Date | null;
  phone: string | null;
  phone_confirmed_at: Date | null;
  confirmation_token: string | null;
  confirmation_sent_at: Date | null;
  confirmed_at: Date | null;
  recovery_token: string | null;
  recovery_sent_at: Date | null;
  email_change_token_current: string | null;
  email_change_token_new: string | null;
  email_change: string | null;
  email_change_sent_at: Date | null;
  email_change_confirm_status: number | null;
  phone_change: string | null;
  phone_change_token: string | null;
  phone_change_sent_at: Date | null;
  reauthentication_token: string | null;
  reauthentication_sent_at: Date | null;
  last_sign_in_at: Date | null;
  raw_app_meta_data: JsonObject | null;
  raw_user_meta_data: JsonObject | null;
  created_at: Date | null;
  updated_at: Date | null;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_sso_user: boolean;
  is_anonymous: boolean;
}

/** One row of `auth.identities`; times are ISO strings, since rows come inside the user's as JSON. */
export interface IdentityRow {
  id: string;
  provider_id: string;
  user_id: string;
  identity_data: JsonObject | null;
  provider: string;
  last_sign_in_at: string | null;
  created_at: string;
  updated_at: string;
  email: string | null;
}

/** One row of `auth.mfa_factors` without its secret. */
export interface FactorRow {
  id: string;
  friendly_name: string | null;
  factor_type: FactorType;
  status: 'unverified' | 'verified';
  phone: string | null;
  created_at: string;
  updated_at: string;
  last_challenged_at: string | null;
  /** The make of a security key. */
  web_authn_aaguid: string | null;
}

/** A user with what GoTrue always loads along. */
export interface AuthUser extends UserRow {
  identities: IdentityRow[];
  factors: FactorRow[];
}

/** Columns that services change. `updated_at` is always set as well. */
export type UserChanges = Partial<Omit<UserRow, 'id' | 'confirmed_at' | 'created_at' | 'updated_at'>>;

/** True while a ban lasts. */
export function isBanned(user: UserRow, now: Date = new Date()): boolean {
  return user.banned_until !== null && user.banned_until > now;
}

/** True when a second factor is set up. */
export function hasMfa(user: AuthUser): boolean {
  return user.factors.some((factor) => factor.status === 'verified');
}
