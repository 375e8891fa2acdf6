import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from '../../context.ts';

const SCHEMA_FOLDER = new URL('../schema/', import.meta.url);

/** GoTrue's migration that this schema corresponds to; tools read it from `auth.schema_migrations`. */
const SCHEMA_VERSION = '20251201000000';

/** Any number, the same for all: two services that start at once on one database take turns. */
const LOCK = 7_261_905_311;

/** Creates what is missing of the schema `auth`. Runs on every start: each statement leaves alone what is there. */
export async function migrateAuth(database: Database): Promise<void> {
  await database.transaction(async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [LOCK]);
    for (const file of readdirSync(SCHEMA_FOLDER).sort()) {
      await client.query(readFileSync(new URL(file, SCHEMA_FOLDER), 'utf8'));
    }
    await client.query('insert into auth.schema_migrations (version) values ($1) on conflict do nothing', [
      SCHEMA_VERSION,
    ]);
  });
}
