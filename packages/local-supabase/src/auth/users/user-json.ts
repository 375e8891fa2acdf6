import type { AuthUser, FactorRow, IdentityRow } from './user.types.ts';

/** GoTrue's JSON of a user: the order, and what is left out where there is nothing, are its own. */
export function userJson(user: AuthUser): Record<string, unknown> {
  return {
    id: user.id,
    aud: user.aud,
    role: user.role ?? '',
    email: user.email ?? '',
    ...optionalTime('email_confirmed_at', user.email_confirmed_at),
    ...optionalTime('invited_at', user.invited_at),
    phone: user.phone ?? '',
    ...optionalTime('phone_confirmed_at', user.phone_confirmed_at),
    ...optionalTime('confirmation_sent_at', user.confirmation_sent_at),
    ...optionalTime('confirmed_at', user.confirmed_at),
    ...optionalTime('recovery_sent_at', user.recovery_sent_at),
    ...optionalText('new_email', user.email_change),
    ...optionalTime('email_change_sent_at', user.email_change_sent_at),
    ...optionalText('new_phone', user.phone_change),
    ...optionalTime('phone_change_sent_at', user.phone_change_sent_at),
    ...optionalTime('reauthentication_sent_at', user.reauthentication_sent_at),
    ...optionalTime('last_sign_in_at', user.last_sign_in_at),
    app_metadata: user.raw_app_meta_data,
    user_metadata: user.raw_user_meta_data,
    ...(user.factors.length > 0 && { factors: user.factors.map(factorJson) }),
    identities: user.identities.map(identityJson),
    created_at: time(user.created_at),
    updated_at: time(user.updated_at),
    ...optionalTime('banned_until', user.banned_until),
    ...optionalTime('deleted_at', user.deleted_at),
    is_anonymous: user.is_anonymous,
  };
}

/** GoTrue's JSON of an identity: `id` is the user's id at the provider, `identity_id` the row's. */
export function identityJson(identity: IdentityRow): Record<string, unknown> {
  const data = identity.identity_data ?? {};
  return {
    identity_id: identity.id,
    id: identity.provider_id,
    user_id: identity.user_id,
    ...(Object.keys(data).length > 0 && { identity_data: data }),
    provider: identity.provider,
    ...optionalTime('last_sign_in_at', identity.last_sign_in_at),
    created_at: time(identity.created_at),
    updated_at: time(identity.updated_at),
    ...optionalText('email', identity.email),
  };
}

/** GoTrue's JSON of a second factor; never its secret. */
export function factorJson(factor: FactorRow): Record<string, unknown> {
  return {
    id: factor.id,
    created_at: time(factor.created_at),
    updated_at: time(factor.updated_at),
    status: factor.status,
    ...optionalText('friendly_name', factor.friendly_name),
    factor_type: factor.factor_type,
    phone: factor.phone ?? '',
    last_challenged_at: factor.last_challenged_at === null ? null : time(factor.last_challenged_at),
    ...optionalText('web_authn_aaguid', factor.web_authn_aaguid),
  };
}

function optionalTime(name: string, value: Date | string | null): Record<string, unknown> {
  return value === null ? {} : { [name]: time(value) };
}

function optionalText(name: string, value: string | null): Record<string, unknown> {
  return value === null || value === '' ? {} : { [name]: value };
}

/** RFC 3339 in UTC; Go's zero time where a row made by hand has none. */
function time(value: Date | string | null): string {
  return value === null ? '0001-01-01T00:00:00Z' : new Date(value).toISOString();
}
