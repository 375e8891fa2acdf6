import pg from 'pg';
import { compareHistory, type AppliedMigration, type HistoryReport } from './migration-history.js';
import { MigrationError, readMigrations, type Migration } from './migration-files.js';

/** Where to migrate, and from what. */
export interface MigrateOptions {
  /** Any connection of a role that may create schemas and triggers on `auth.users`; a pooler's will do. */
  url: string;
  /** Folder of `<timestamp>_<name>.sql` files. */
  directory: string;
  /** Also apply files older than the newest applied one (as `supabase db push --include-all`). */
  includeAll?: boolean;
}

/** Two halves of one number nobody else uses: "supanest" and "migrate". */
const LOCK = 'select pg_advisory_xact_lock(1937072737, 1835624289)';

const CREATE_HISTORY = `
  create schema if not exists supabase_migrations;
  create table if not exists supabase_migrations.schema_migrations (version text not null primary key);
  alter table supabase_migrations.schema_migrations add column if not exists statements text[];
  alter table supabase_migrations.schema_migrations add column if not exists name text`;

async function readHistory(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ exists: boolean }>(
    `select count(*) = 3 as exists from information_schema.columns
     where table_schema = 'supabase_migrations' and table_name = 'schema_migrations'
       and column_name in ('version', 'statements', 'name')`,
  );
  // Asked first: creating what is there already still needs the right to create.
  if (!rows[0]?.exists) await client.query(CREATE_HISTORY);
  const history = await client.query<AppliedMigration>(
    'select version, name, statements from supabase_migrations.schema_migrations order by version',
  );
  return history.rows;
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  for (const statement of migration.statements) {
    try {
      await client.query(statement);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new MigrationError(`${migration.file}: ${message}\nin: ${statement}`, { cause: error });
    }
  }
  await client.query(
    'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
    [migration.version, migration.name, migration.statements],
  );
}

/**
 * Applies the next pending migration in one transaction, under a lock that ends with it: of many replicas that start at
 * once, one applies and the others then find it applied.
 */
async function applyNext(
  client: pg.Client,
  migrations: Migration[],
  includeAll: boolean,
): Promise<{ applied: string | undefined; report: HistoryReport }> {
  await client.query('begin; set local statement_timeout = 0; set local lock_timeout = 0');
  try {
    await client.query(LOCK);
    await client.query("set local lock_timeout = '60s'");
    const report = compareHistory(migrations, await readHistory(client), includeAll);
    const next = report.pending[0];
    if (next) await apply(client, next);
    await client.query('commit');
    return { applied: next?.file, report };
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/**
 * Brings the database up to date. The history is the Supabase CLI's, so `supabase db push` and this can take turns.
 *
 * @returns the files applied now, and versions in the history that this folder does not know (a newer release, or
 *   migrations of another project in the same database): reported, not refused
 * @throws MigrationError when an applied file was changed, when a file is older than the newest applied one, or when a
 *   statement fails; whatever the failing file did is undone
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[]; unknown: string[] }> {
  const migrations = await readMigrations(options.directory);
  const client = new pg.Client({ connectionString: options.url, application_name: 'supanest migrate' });
  // A lost connection also fails the query that is running; unheard, the event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const applied: string[] = [];
    for (;;) {
      const step = await applyNext(client, migrations, options.includeAll ?? false);
      if (!step.applied) return { applied, unknown: step.report.unknown };
      applied.push(step.applied);
    }
  } finally {
    await client.end().catch(() => undefined);
  }
}
