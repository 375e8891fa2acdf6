import pg from 'pg';
import { supabaseUnderTest } from './environment.js';

/** Runs one statement as Postgres's superuser: to arrange what no route can, and to look behind the API's back. */
export async function sql<T extends pg.QueryResultRow>(
  statement: string,
  values: unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client({ connectionString: supabaseUnderTest().postgresUrl });
  await client.connect();
  try {
    return (await client.query<T>(statement, values)).rows;
  } finally {
    await client.end();
  }
}
