import { readdirSync, readFileSync } from 'node:fs';
import type { SchemaScript } from '../../database/schema.script.ts';

const SCHEMA_FOLDER = new URL('../schema/', import.meta.url);

/** GoTrue's migration that this schema corresponds to; tools read it from `auth.schema_migrations`. */
const SCHEMA_VERSION = '20251201000000';

/** Creates what is missing of the schema `auth`: each statement leaves alone what is there. */
export function authSchema(): SchemaScript {
  const files = readdirSync(SCHEMA_FOLDER).sort();
  return {
    name: 'auth',
    statements: files.map((file) => readFileSync(new URL(file, SCHEMA_FOLDER), 'utf8')),
    after: async (client) => {
      await client.query('insert into auth.schema_migrations (version) values ($1) on conflict do nothing', [
        SCHEMA_VERSION,
      ]);
    },
  };
}
