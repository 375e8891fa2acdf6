import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from '../../context.ts';
import { applySchema } from '../../database/schema.script.ts';

const SCHEMA_FOLDER = new URL('../schema/', import.meta.url);

/** GoTrue's migration that this schema corresponds to; tools read it from `auth.schema_migrations`. */
const SCHEMA_VERSION = '20251201000000';

/** Creates what is missing of the schema `auth`: each statement leaves alone what is there. */
export async function migrateAuth(database: Database): Promise<void> {
  const files = readdirSync(SCHEMA_FOLDER).sort();
  const statements = files.map((file) => readFileSync(new URL(file, SCHEMA_FOLDER), 'utf8'));
  await applySchema(database, 'auth', statements, async (client) => {
    await client.query('insert into auth.schema_migrations (version) values ($1) on conflict do nothing', [
      SCHEMA_VERSION,
    ]);
  });
}
