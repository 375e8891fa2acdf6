import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Database } from '../context.ts';

/**
 * Runs the script that makes a part's schema, in one transaction, unless this very script has done so before: checking
 * every statement anew would be most of what a start takes. Two processes that start on one database take turns.
 *
 * @param name of the part
 * @param statements each may run again over what an older script has left
 * @param after what belongs to the same transaction
 */
export async function applySchema(
  database: Database,
  name: string,
  statements: readonly string[],
  after?: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const mark = createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16);
  if ((await markOf(database, name)) === mark) return;
  await database.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('local_supabase.schemas'))`);
    for (const statement of statements) await client.query(statement);
    await after?.(client);
    await client.query(`
      create schema if not exists local_supabase;
      create table if not exists local_supabase.schemas (name text primary key, mark text not null)`);
    await client.query(
      `insert into local_supabase.schemas (name, mark) values ($1, $2)
       on conflict (name) do update set mark = excluded.mark`,
      [name, mark],
    );
  });
}

async function markOf(database: Database, name: string): Promise<string | undefined> {
  const exists = await database.pool.query<{ table: string | null }>(
    `select to_regclass('local_supabase.schemas')::text as table`,
  );
  if (exists.rows[0]?.table == null) return undefined;
  const { rows } = await database.pool.query<{ mark: string }>(
    'select mark from local_supabase.schemas where name = $1',
    [name],
  );
  return rows[0]?.mark;
}
