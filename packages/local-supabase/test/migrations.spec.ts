import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLocalSupabase } from './harness/worker.ts';

const FIRST = [
  `select pg_catalog.set_config('search_path', '', false)`,
  'create table public.log (id int generated always as identity, entry text)',
  `create function public.note(entry text) returns void language plpgsql as $$
   begin insert into public.log (entry) values (note.entry); end $$`,
];

describe('Migrations and seed', () => {
  let workdir: string;
  beforeEach(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-migrations-'));
    await mkdir(join(workdir, 'supabase', 'migrations'), { recursive: true });
  });
  afterEach(() => rm(workdir, { recursive: true }));

  const write = (path: string, text: string): Promise<void> =>
    writeFile(join(workdir, 'supabase', path), text);

  /** Starts on the workdir's data, asks until there is an answer, and stops. */
  async function startAndAsk(sql: string): Promise<unknown[]> {
    const supabase = await startLocalSupabase({ workdir, quiet: true, ports: { api: 0, db: 0, inbox: 0 } });
    const client = new pg.Client({ connectionString: supabase.postgresUrl });
    await client.connect();
    try {
      for (;;) {
        const { rows } = await client.query<Record<string, unknown>>(sql);
        if (rows.length > 0) return rows;
        await new Promise((wake) => setTimeout(wake, 20));
      }
    } finally {
      await client.end();
      await supabase.close();
    }
  }

  it('should run once each, in order, with the history that the Supabase CLI keeps', async () => {
    await write('migrations/20260101000000_first.sql', `${FIRST.join(';\n')};\n`);
    await write('migrations/20260102000000_second.sql', `select note('second; really');`);
    await write('migrations/readme.md', 'no migration');
    await write('seed.sql', `select note('seed') where crypt('a', gen_salt('bf')) is not null;`);
    await write('config.toml', '[api]\nauto_expose_new_tables = false\n');
    expect(
      await startAndAsk(
        `select entry, has_table_privilege('anon', 'public.log', 'select, insert') as open from log order by id`,
      ),
    ).toEqual([
      { entry: 'second; really', open: false },
      { entry: 'seed', open: false },
    ]);

    await write('migrations/20260103000000_third.sql', `select note('third')`);
    await write('seed.sql', `select note('changed seed');`);
    expect(await startAndAsk('select entry from log order by id')).toEqual([
      { entry: 'second; really' },
      { entry: 'seed' },
      { entry: 'third' },
    ]);
    expect(
      await startAndAsk(
        'select version, name, statements from supabase_migrations.schema_migrations order by 1',
      ),
    ).toEqual([
      { version: '20260101000000', name: 'first', statements: FIRST },
      { version: '20260102000000', name: 'second', statements: [`select note('second; really')`] },
      { version: '20260103000000', name: 'third', statements: [`select note('third')`] },
    ]);
  }, 60_000);

  it('should name the statement that fails, keep nothing of its migration, and go on when it is mended', async () => {
    await write(
      'migrations/20260101000000_bad.sql',
      'create table public.a (id int); insert into nowhere values (1);',
    );
    await write('seed.sql', 'insert into public.a values (1);');
    await expect(startAndAsk('select 1')).rejects.toThrow(
      /20260101000000_bad\.sql, statement 2: relation "nowhere" does not exist/,
    );
    await write('migrations/20260101000000_bad.sql', 'create table public.a (id int);');
    expect(await startAndAsk('select * from a')).toEqual([{ id: 1 }]);
  }, 60_000);

  it('should take dumps of hosted databases, with the extensions that those have', async () => {
    await write('config.toml', '[db.vault]\ncolour = "env(COLOUR)"\n');
    await write('.env', 'COLOUR=red');
    await write('roles.sql', 'create role reader nologin');
    await write(
      'migrations/20260101000000_remote_schema.sql',
      `SET statement_timeout = 0;
      SELECT pg_catalog.set_config('search_path', '', false);
      SET row_security = off;
      CREATE EXTENSION IF NOT EXISTS "pg_cron" WITH SCHEMA "pg_catalog";
      CREATE EXTENSION IF NOT EXISTS "pg_net" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgsodium" WITH SCHEMA "pgsodium";
      CREATE EXTENSION IF NOT EXISTS "pg_graphql" WITH SCHEMA "graphql";
      CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgjwt" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "pgtap" WITH SCHEMA "extensions";
      CREATE EXTENSION IF NOT EXISTS "supabase_vault" WITH SCHEMA "vault";
      CREATE EXTENSION IF NOT EXISTS "vector" WITH SCHEMA "extensions";
      ALTER PUBLICATION "supabase_realtime" OWNER TO "postgres";
      CREATE TABLE public.docs (id int primary key, embedding extensions.vector(2));
      CREATE INDEX ON public.docs USING hnsw (embedding extensions.vector_cosine_ops);
      CREATE TRIGGER hook AFTER INSERT ON public.docs FOR EACH ROW EXECUTE FUNCTION
        supabase_functions.http_request('http://kong:8000/auth/v1/signup', 'POST', '{"apikey":"none"}', '{}', '5000');
      GRANT SELECT ON public.docs TO reader;
      INSERT INTO public.docs VALUES (1, '[1,0]'), (2, '[0,1]');
      SELECT net.http_get('http://kong:8000/rest/v1/', timeout_milliseconds => -1);
      SELECT cron.schedule('nightly', '0 3 * * *', 'select 1');
      SELECT vault.create_secret('s3cret', 'word');`,
    );
    const found = `select
      (select json_agg(id order by embedding operator(extensions.<=>) '[0,2]') from docs) as near,
      (select json_agg(decrypted_secret order by name) from vault.decrypted_secrets) as secrets,
      (select valid from extensions.verify(extensions.sign('{"a":1}', 'key'), 'key')) as valid,
      (select convert_from(extensions.url_decode(split_part(extensions.sign('{"a":1}', 'key'), '.', 1)), 'utf8')) as head,
      graphql_public.graphql(query => '{}') ? 'errors' as refused,
      (select array_agg(distinct status_code) from net._http_response) as answers
      where (select count(*) from net._http_response) = 3`;
    expect(await startAndAsk(found)).toEqual([
      {
        near: [2, 1],
        secrets: ['red', 's3cret'],
        valid: true,
        head: '{"alg":"HS256","typ":"JWT"}',
        refused: true,
        // What was to have no time at all has no status.
        answers: [401, null],
      },
    ]);
    expect(
      await startAndAsk(`select id from docs order by embedding operator(extensions.<->) '[0,2]'`),
    ).toEqual([{ id: 2 }, { id: 1 }]);
  });

  it('should leave Supabase its own: a migration may use auth.users', async () => {
    await write(
      'migrations/20260101000000_profiles.sql',
      'create table public.profiles (id uuid primary key references auth.users on delete cascade default auth.uid());',
    );
    expect(await startAndAsk('select count(*)::int as n from profiles')).toEqual([{ n: 0 }]);
  }, 60_000);
});
