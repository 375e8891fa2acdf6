import { createHash } from 'node:crypto';
import type { Database } from '../context.ts';
import {
  AUTH_FUNCTIONS_SQL,
  GRANTS_SQL,
  INBOX_SQL,
  INSTALLED_SQL,
  SCHEMAS_SQL,
  WATCH_SQL,
} from './bootstrap.sql.ts';
import { rolesSql } from './roles.sql.ts';

/** Locks out other processes that make the same database a Supabase. The number is arbitrary, but must stay. */
const BOOTSTRAP_LOCK = 7_355_608_011;

/** Everything a Supabase database has before its parts and migrations, in one script. It leaves its mark. */
export function bootstrapSql(localPassword?: string): string {
  const script = [
    rolesSql(localPassword),
    SCHEMAS_SQL,
    GRANTS_SQL,
    AUTH_FUNCTIONS_SQL,
    WATCH_SQL,
    INBOX_SQL,
    // A Postgres of one's own may not have them.
    ...(localPassword === undefined ? [] : [INSTALLED_SQL]),
  ].join('\n');
  return `${script}\ncomment on schema local_inbox is '${mark(script)}'`;
}

/** Changes with the script: names the template that was made by it, and is the mark on the database. */
export function bootstrapVersion(localPassword?: string): string {
  return /is '(\w+)'$/.exec(bootstrapSql(localPassword))?.[1] ?? '';
}

function mark(script: string): string {
  return createHash('sha256').update(script).digest('hex').slice(0, 16);
}

/** Makes a database a Supabase one, in one transaction, unless this script has done so before. Several may try at once. */
export async function bootstrap(database: Database, localPassword?: string): Promise<void> {
  const { rows } = await database.pool.query<{ mark: string | null }>(
    `select obj_description(to_regnamespace('local_inbox'), 'pg_namespace') as mark`,
  );
  if (rows[0]?.mark === bootstrapVersion(localPassword)) return;
  await database.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(${BOOTSTRAP_LOCK})`);
    await client.query(bootstrapSql(localPassword));
  });
}
