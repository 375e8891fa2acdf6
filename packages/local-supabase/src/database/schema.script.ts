import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Database } from '../context.ts';

/** The script that makes the schema of a part. */
export interface SchemaScript {
  /** Of the part. */
  readonly name: string;
  /** Each may run again over what an older script has left. */
  readonly statements: readonly string[];
  /** What belongs to the same transaction. */
  readonly after?: (client: PoolClient) => Promise<void>;
}

/** Changes with the script. */
export function markOf({ statements }: SchemaScript): string {
  return createHash('sha256').update(statements.join('\n')).digest('hex').slice(0, 16);
}

/**
 * Runs the script in one transaction, unless this very script has done so before: checking every statement anew would be
 * most of what a start takes. Two processes that start on one database take turns.
 */
export async function applySchema(database: Database, script: SchemaScript): Promise<void> {
  const mark = markOf(script);
  if ((await appliedMark(database, script.name)) === mark) return;
  await database.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(hashtext('local_supabase.schemas'))`);
    for (const statement of script.statements) await client.query(statement);
    await script.after?.(client);
    await client.query(`
      create schema if not exists local_supabase;
      create table if not exists local_supabase.schemas (name text primary key, mark text not null)`);
    await client.query(
      `insert into local_supabase.schemas (name, mark) values ($1, $2)
       on conflict (name) do update set mark = excluded.mark`,
      [script.name, mark],
    );
  });
}

async function appliedMark(database: Database, name: string): Promise<string | undefined> {
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
