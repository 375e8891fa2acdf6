import { readFileSync } from 'node:fs';
import type { PostgresModule } from './pglite.module.types.ts';

const FOLDER = '/pglite/share/postgresql/extension';

interface StandIn {
  readonly version: string;
  /** Where its objects are, whatever `WITH SCHEMA` says; made when it is not there. */
  readonly schema?: string;
  readonly requires?: string;
}

/**
 * Extensions of Supabase's Postgres that are no WebAssembly, as SQL in `stand-ins/`: what projects' migrations create, and
 * every dump of a hosted database, is found (why: docs/adr/0048).
 */
const WRITTEN: Readonly<Record<string, StandIn>> = {
  pg_cron: { version: '1.6.4' },
  pg_graphql: { version: '1.5.11', schema: 'graphql' },
  pg_net: { version: '0.19.5' },
  pg_stat_statements: { version: '1.11' },
  pgjwt: { version: '0.2.0', requires: 'pgcrypto' },
  postgres_fdw: { version: '1.2' },
  supabase_vault: { version: '0.3.1', schema: 'vault' },
};

/** Extensions that watch, tune or test, or whose functions are missed only when they are called: nothing is in them. */
export const EMPTY = [
  'address_standardizer',
  'dblink',
  'http',
  'hypopg',
  'index_advisor',
  'pg_hashids',
  'pg_jsonschema',
  'pg_prewarm',
  'pg_repack',
  'pg_tle',
  'pg_visibility',
  'pg_walinspect',
  'pgaudit',
  'pgmq',
  'pgroonga',
  'pgrowlocks',
  'pgsodium',
  'pgstattuple',
  'pgtap',
  'plpgsql_check',
  'rum',
  'sslinfo',
  'wrappers',
] as const;

/** Schemas that come with an empty one, and that `WITH SCHEMA` may name. */
const SCHEMA_OF: Readonly<Partial<Record<string, string>>> = { pgsodium: 'pgsodium', pgmq: 'pgmq' };

export function putStandIns(postgres: PostgresModule): void {
  for (const [name, standIn] of Object.entries(WRITTEN)) {
    put(postgres, name, standIn, readFileSync(new URL(`./stand-ins/${name}.sql`, import.meta.url), 'utf8'));
  }
  for (const name of EMPTY) {
    const schema = SCHEMA_OF[name];
    put(postgres, name, { version: '1.0', ...(schema !== undefined && { schema }) }, '');
  }
}

function put(
  { FS }: PostgresModule,
  name: string,
  { version, schema, requires }: StandIn,
  script: string,
): void {
  const control = {
    comment: 'stand-in of the local Supabase',
    default_version: version,
    ...(schema !== undefined && { schema }),
    ...(requires !== undefined && { requires }),
  };
  const lines = Object.entries(control).map(([key, value]) => `${key} = '${value}'\n`);
  FS.writeFile(`${FOLDER}/${name}.control`, `${lines.join('')}relocatable = false\n`);
  FS.writeFile(`${FOLDER}/${name}--${version}.sql`, script);
}
