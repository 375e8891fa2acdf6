import { createHash } from 'node:crypto';
import type { Database } from '../context.ts';
import { AUTH_FUNCTIONS_SQL, GRANTS_SQL, SCHEMAS_SQL, WATCH_SQL } from './bootstrap.sql.ts';
import { rolesSql } from './roles.sql.ts';

/** Locks out other processes that make the same database a Supabase. The number is arbitrary, but must stay. */
const BOOTSTRAP_LOCK = 7_355_608_011;

/** Everything a Supabase database has before its parts and migrations, in one script. */
export function bootstrapSql(localPassword?: string): string {
  return [rolesSql(localPassword), SCHEMAS_SQL, GRANTS_SQL, AUTH_FUNCTIONS_SQL, WATCH_SQL].join('\n');
}

/** Changes with the script: names the template that was made by it. */
export function bootstrapVersion(localPassword?: string): string {
  return createHash('sha256').update(bootstrapSql(localPassword)).digest('hex').slice(0, 16);
}

/** Makes a database a Supabase one, in one transaction. Safe to run again, and by several processes at once. */
export async function bootstrap(database: Database, localPassword?: string): Promise<void> {
  await database.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`);
    await client.query(bootstrapSql(localPassword));
  });
}

/** True when no migration has ever run here. */
export async function isEmpty(database: Database): Promise<boolean> {
  const { rows } = await database.pool.query<{ known: boolean }>(
    `select to_regclass('supabase_migrations.schema_migrations') is not null as known`,
  );
  return rows[0]?.known !== true;
}
