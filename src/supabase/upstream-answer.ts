import { unavailable } from '../platform/errors/errors.js';
import type { SupabaseTokens, SupabaseUser } from './supabase.types.js';
import { upstreamError, type Overrides } from './upstream-error.js';

/** What the methods of the auth client resolve to. */
interface Answer {
  data: unknown;
  error: unknown;
}

/**
 * The data of an answer, or the error as one of ours.
 * @throws AppError `unavailable` also for what the client cannot make sense of (it may throw a TypeError at rubbish)
 */
export async function dataOf<A extends Answer>(
  call: Promise<A>,
  overrides?: Overrides,
): Promise<NonNullable<A['data']>> {
  let answer: A;
  try {
    answer = await call;
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
  if (answer.error !== null && answer.error !== undefined) throw upstreamError(answer.error, overrides);
  return answer.data ?? nonsense('no data');
}

/** A user, checked to be one: what is not must not pass for somebody. */
export function userOf(value: unknown): SupabaseUser {
  const user = record(value);
  return typeof user.id === 'string' && user.id !== '' ? (value as SupabaseUser) : nonsense('no user');
}

/** A list of users, checked to be one. */
export function usersOf(value: unknown): SupabaseUser[] {
  return Array.isArray(value) ? value.map(userOf) : nonsense('no list of users');
}

/** A session, checked to be one. */
export function tokensOf(value: unknown): SupabaseTokens {
  const session = record(value);
  if (!isFilled(session.access_token) || !isFilled(session.refresh_token)) nonsense('no session');
  userOf(session.user);
  const expiresIn = typeof session.expires_in === 'number' ? session.expires_in : 3_600;
  const expiresAt = session.expires_at;
  return {
    ...(value as SupabaseTokens),
    expires_in: expiresIn,
    expires_at: typeof expiresAt === 'number' ? expiresAt : Math.floor(Date.now() / 1_000) + expiresIn,
  };
}

/** The URL of an answer, checked to be one that a browser can be sent to. */
export function urlOf(value: unknown): string {
  const { url } = record(value);
  const isWeb = typeof url === 'string' && /^https?:$/.test(URL.parse(url)?.protocol ?? '');
  return isWeb ? url : nonsense('no URL');
}

/** Checks that a field of an answer is a text that is not empty. */
export function filledIn(value: unknown, field: string): void {
  if (!isFilled(record(value)[field])) nonsense(`no ${field}`);
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isFilled = (value: unknown): boolean => typeof value === 'string' && value !== '';

function nonsense(what: string): never {
  throw unavailable(undefined, { cause: new Error(`Supabase's answer has ${what}`) });
}
