import { AuthError } from './auth-error.ts';
import { refuse } from './catalogue.ts';

/** SQLSTATEs that a client causes with what it sent, not the service: escapes and bytes that Postgres cannot hold. */
const UNSTORABLE = new Set(['22P05', '22021', '22P02', '22025', '54001']);
/** A value longer than its column. */
const TOO_LONG = '22001';

/** The SQLSTATE of a Postgres error, or undefined. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** True when `error` says that the unique index or constraint `name` has the value already. */
export function violates(error: unknown, name: string): boolean {
  return (
    sqlState(error) === '23505' &&
    error instanceof Error &&
    'constraint' in error &&
    error.constraint === name
  );
}

/** The refusal for a Postgres error that the client caused; undefined for any other. */
export function databaseRefusal(error: unknown): AuthError | undefined {
  const state = sqlState(error);
  if (state === undefined) return undefined;
  if (state === TOO_LONG) return refuse.validation('A value is too long');
  if (UNSTORABLE.has(state)) return refuse.validation('A value has characters that cannot be stored');
  return undefined;
}
