import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { glob, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PoolClient } from 'pg';
import { gunzip } from 'node:zlib';
import { section } from '../config/config.ts';
import type { ConfigTree, Database } from '../context.ts';
import { splitStatements } from '../sql/statements.ts';
import { StartRefused } from '../start.refused.ts';

/** A migration or seed file that Postgres refused. */
export class ScriptFailed extends StartRefused {
  override readonly name = 'ScriptFailed';
}

interface Migration {
  readonly version: string;
  readonly name: string;
  readonly path: string;
}

/** The Supabase CLI's pattern; other files in the folder are skipped, as it does. */
const MIGRATION_FILE = /^(\d+)_(.*)\.sql$/;
/** Locks out other processes that migrate the same database. */
const MIGRATION_LOCK = 7_355_608_012;

/** As the Supabase CLI keeps it, so that `supabase db push` and this can take turns. */
const HISTORY_SQL = `
create schema if not exists supabase_migrations;
do $$ begin
  if to_regclass('supabase_migrations.schema_migrations') is null then
    create table supabase_migrations.schema_migrations (version text not null primary key);
    comment on table supabase_migrations.schema_migrations is 'seed pending';
  end if;
end $$;
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
create table if not exists supabase_migrations.seed_files (path text not null primary key, hash text not null);
`;

/**
 * Applies the migrations of `supabase/migrations` that the history does not name, in order, each in one transaction
 * with its row of history; on a new database `supabase/roles.sql` goes before them. @returns the names of those applied.
 */
export async function migrate(database: Database, config: ConfigTree, workdir: string): Promise<string[]> {
  await database.transaction(async (client) => {
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await client.query(HISTORY_SQL);
  });
  await makeRoles(database, join(workdir, 'supabase', 'roles.sql'));
  if (section(config, 'db', 'migrations').enabled === false) return [];
  const applied: string[] = [];
  for (const migration of await migrationFiles(join(workdir, 'supabase', 'migrations'))) {
    if (await applyMigration(database, migration)) applied.push(`${migration.version}_${migration.name}`);
  }
  return applied;
}

/** On a new database only: roles are not made twice. */
async function makeRoles(database: Database, path: string): Promise<void> {
  if (existsSync(path) && (await isNew(database))) await runSeed(database, path, 'supabase/roles.sql');
}

async function isNew({ pool }: Database): Promise<boolean> {
  const { rows } = await pool.query<{ state: string | null }>(
    `select obj_description('supabase_migrations.schema_migrations'::regclass, 'pg_class') as state`,
  );
  return rows[0]?.state === 'seed pending';
}

async function migrationFiles(folder: string): Promise<Migration[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names.sort().flatMap((file) => {
    const [, version, name] = MIGRATION_FILE.exec(file) ?? [];
    return version !== undefined && name !== undefined ? [{ version, name, path: join(folder, file) }] : [];
  });
}

async function applyMigration(database: Database, { version, name, path }: Migration): Promise<boolean> {
  const statements = splitStatements(await readFile(path, 'utf8'));
  return inFreshSession(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const known = await client.query('select from supabase_migrations.schema_migrations where version = $1', [
      version,
    ]);
    if (known.rowCount !== 0) return false;
    await runStatements((sql) => client.query(sql), statements, `supabase/migrations/${version}_${name}.sql`);
    await client.query(
      'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
      [version, name, statements],
    );
    return true;
  });
}

/**
 * Runs the seed files of `[db.seed]` on a database that is new, as the Supabase CLI does on start and reset. A first
 * start that was cut short leaves the rest to the next one.
 */
export async function seed(database: Database, config: ConfigTree, workdir: string): Promise<void> {
  if (!(await isNew(database))) return;
  const { enabled, sql_paths: patterns } = section(config, 'db', 'seed');
  const root = join(workdir, 'supabase');
  const files = enabled !== false && Array.isArray(patterns) ? await seedFiles(root, patterns) : [];
  for (const file of files) await runSeed(database, join(root, file), `supabase/${file}`);
  await database.pool.query('comment on table supabase_migrations.schema_migrations is null');
}

async function seedFiles(root: string, patterns: readonly unknown[]): Promise<string[]> {
  const files: string[] = [];
  for (const pattern of patterns.filter((entry) => typeof entry === 'string')) {
    const found: string[] = [];
    for await (const file of glob(pattern, { cwd: root })) found.push(file);
    files.push(...found.sort().filter((file) => !files.includes(file)));
  }
  return files;
}

async function runSeed(database: Database, path: string, label: string): Promise<void> {
  const bytes = await readFile(path);
  const text = (path.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8');
  await inFreshSession(database, async (client) => {
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const known = await client.query('select from supabase_migrations.seed_files where path = $1', [label]);
    if (known.rowCount !== 0) return;
    await runStatements((sql) => client.query(sql), splitStatements(text), label);
    await client.query('insert into supabase_migrations.seed_files (path, hash) values ($1, $2)', [
      label,
      createHash('sha256').update(bytes).digest('hex'),
    ]);
  });
}

/**
 * One transaction, after which the session is as it was: dumps begin with `set_config('search_path', '', false)`, and
 * the next to use the connection must not find that.
 */
async function inFreshSession<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool.connect();
  let reusable = false;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    await client.query('reset role; reset all');
    reusable = true;
    return result;
  } finally {
    // A connection that was left in the middle is closed, and Postgres rolls back.
    client.release(!reusable);
  }
}

async function runStatements(
  run: (sql: string) => Promise<unknown>,
  statements: string[],
  label: string,
): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    try {
      await run(statement);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ScriptFailed(`${label}, statement ${index + 1}: ${message}\n\n${statement}`, {
        cause: error,
      });
    }
  }
}
