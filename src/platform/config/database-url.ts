import { readEnvironment } from './read-environment.js';

/** Where the local Supabase keeps its Postgres, as the Supabase CLI does. */
export const LOCAL_DATABASE = 'postgresql://postgres:postgres@127.0.0.1:54322/postgres';

/**
 * The database that a command works on: the direct connection, if one is named, as commands may need a session; with
 * nothing set, the local Supabase's.
 */
export function databaseUrl(): string {
  const { DATABASE_DIRECT_URL, DATABASE_URL } = readEnvironment();
  return [DATABASE_DIRECT_URL, DATABASE_URL].find((url) => url !== undefined && url !== '') ?? LOCAL_DATABASE;
}
