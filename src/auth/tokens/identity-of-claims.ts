import type { Identity } from '../../platform/http/actor.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type Claims = Readonly<Record<string, unknown>>;

/** Roles of Supabase's own API keys, which are signed by the same key as its users' tokens. */
const KEY_ROLES: readonly unknown[] = ['anon', 'service_role', 'supabase_admin'];

/**
 * Whom a Supabase token is for, its signature, audience, issuer and expiry being verified already.
 * @returns false for what is no user's token: an API key, a token without end or with a session that is no id
 */
export function identityOfSupabaseToken(token: string, claims: Claims): Identity | false {
  const { sub, email, session_id: sessionId, exp, role } = claims;
  if (!isUuid(sub) || typeof exp !== 'number' || KEY_ROLES.includes(role)) return false;
  if (sessionId !== undefined && sessionId !== null && !isUuid(sessionId)) return false;
  return {
    userId: sub,
    email: filledOrNull(email),
    sessionId: isUuid(sessionId) ? sessionId : null,
    issuer: 'supabase',
    token,
    claims,
  };
}

/** Whom a token of the API's own is for, its signature and expiry being verified already. */
export function identityOfApiToken(token: string, claims: Claims): Identity | false {
  const { sub, email, sid, exp } = claims;
  if (!isUuid(sub) || !isUuid(sid) || typeof exp !== 'number') return false;
  return { userId: sub, email: filledOrNull(email), sessionId: sid, issuer: 'api', token, claims };
}

const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Anonymous users have an empty e-mail in Supabase's tokens. */
const filledOrNull = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;
