import { it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startLocalSupabase } from '../../packages/local-supabase/src/index.ts';
import { migrate } from '../../src/platform/database/migrator.js';
import { freshDatabase } from './fresh-database.js';

// Suites that cut connections are meant to be silent about it.
Logger.overrideLogger(false);

// Each suite starts a Supabase of its own, which takes a while on a busy machine.
jest.setTimeout(60_000);

/** Where our migrations are. */
export const MIGRATIONS = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

/** A database for one suite. */
export interface TestDatabase {
  /** As its superuser. */
  url: string;
  /** Runs SQL beside whatever is under test. */
  sql: <Row extends object>(text: string, params?: readonly unknown[]) => Promise<Row[]>;
  close: () => Promise<void>;
}

/** A superuser's URL of a real Postgres; suites make and drop databases of their own there. */
const POSTGRES_URL = process.env.TEST_POSTGRES_URL;

/** A Supabase of its own, without our migrations: PGlite in memory, or a new database on the server. */
async function create(): Promise<TestDatabase> {
  const fresh = POSTGRES_URL === undefined ? undefined : await freshDatabase(POSTGRES_URL);
  const workdir = await mkdtemp(join(tmpdir(), 'supanest-test-'));
  const supabase = await startLocalSupabase({
    workdir,
    ports: { api: 0, db: 0, inbox: 0 },
    quiet: true,
    ...(fresh ? { postgresUrl: fresh.url } : { memory: true }),
  });
  const client = new pg.Client({ connectionString: supabase.postgresUrl });
  client.on('error', () => undefined);
  await client.connect();
  return {
    url: supabase.postgresUrl,
    sql: async <Row extends object>(text: string, params: readonly unknown[] = []) =>
      (await client.query<Row>(text, [...params])).rows,
    close: async () => {
      await client.end();
      await supabase.close();
      await fresh?.drop();
      await rm(workdir, { recursive: true });
    },
  };
}

/** What suites run on: the Postgres that comes along, or the one that TEST_POSTGRES_URL names. */
export const engines = [{ engine: POSTGRES_URL === undefined ? 'PGlite' : 'PostgreSQL', create }];

/** For what needs sessions that run side by side: PGlite has one at a time, so there one waits for the turn instead. */
export const itWithBackends = POSTGRES_URL === undefined ? it.skip : it;

/** A fresh database with our migrations applied. */
export async function migrated(create: () => Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await create();
  await migrate({ url: database.url, directory: MIGRATIONS });
  return database;
}
