import type { AuthUser, JsonObject } from '../users/user.types.ts';

/** What applications may ask to see. */
export const SCOPES = ['openid', 'email', 'profile', 'phone'];

/** GoTrue's, for an application that asks for nothing. */
export const DEFAULT_SCOPE = 'email';

export const scopesIn = (text: string): string[] => text.split(/\s+/).filter((scope) => scope !== '');

/** What an application may know of a user, by OpenID's names. */
export function scopedClaims(user: AuthUser, scopes: readonly string[]): JsonObject {
  return {
    ...(scopes.includes('email') && emailClaims(user)),
    ...(scopes.includes('profile') && profileClaims(user)),
    ...(scopes.includes('phone') && phoneClaims(user)),
  };
}

const emailClaims = ({ email, email_confirmed_at: confirmed }: AuthUser): JsonObject => ({
  ...(email && { email }),
  ...(confirmed && { email_verified: true }),
});

const phoneClaims = ({ phone, phone_confirmed_at: confirmed }: AuthUser): JsonObject => ({
  ...(phone && { phone_number: phone }),
  ...(confirmed && { phone_number_verified: true }),
});

function profileClaims(user: AuthUser): JsonObject {
  const data = user.raw_user_meta_data ?? {};
  const first = (...names: string[]): unknown =>
    names.map((name) => data[name]).find((value) => typeof value === 'string' && value !== '');
  const name = first('name') ?? user.email;
  const picture = first('picture', 'avatar_url');
  const username = first('preferred_username', 'username');
  return {
    ...(name !== null && { name }),
    ...(picture !== undefined && { picture }),
    ...(username !== undefined && { preferred_username: username }),
    ...(user.updated_at && { updated_at: Math.floor(user.updated_at.getTime() / 1000) }),
  };
}
