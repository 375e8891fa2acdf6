import { userJson } from '../users/user-json.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';

/** What a sign-up with a taken address answers, so that nobody learns whether it is: a user who does not exist. */
export function obfuscatedUser(user: {
  id: string;
  email?: string;
  phone?: string;
  aud: string;
  data: JsonObject;
}): Record<string, unknown> {
  const now = new Date();
  const provider = user.phone === undefined ? 'email' : 'phone';
  const fake: AuthUser = {
    id: user.id,
    aud: user.aud,
    role: '',
    email: user.email ?? '',
    phone: user.phone ?? '',
    encrypted_password: null,
    confirmation_sent_at: now,
    raw_app_meta_data: { provider, providers: [provider] },
    raw_user_meta_data: user.data,
    created_at: now,
    updated_at: now,
    identities: [],
    factors: [],
    is_anonymous: false,
    is_sso_user: false,
    email_confirmed_at: null,
    invited_at: null,
    phone_confirmed_at: null,
    confirmation_token: null,
    confirmed_at: null,
    recovery_token: null,
    recovery_sent_at: null,
    email_change_token_current: null,
    email_change_token_new: null,
    email_change: null,
    email_change_sent_at: null,
    email_change_confirm_status: null,
    phone_change: null,
    phone_change_token: null,
    phone_change_sent_at: null,
    reauthentication_token: null,
    reauthentication_sent_at: null,
    last_sign_in_at: null,
    banned_until: null,
    deleted_at: null,
  };
  return userJson(fake);
}
