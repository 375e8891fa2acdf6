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

  /** Starts on the workdir's data, asks, and stops. */
  async function startAndAsk(sql: string): Promise<unknown[]> {
    const supabase = await startLocalSupabase({ workdir, quiet: true, ports: { api: 0, db: 0, inbox: 0 } });
    const client = new pg.Client({ connectionString: supabase.postgresUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
      await supabase.close();
    }
  }

  it('should run once each, in order, with the history that the Supabase CLI keeps', async () => {
    await write('migrations/20260101000000_first.sql', `${FIRST.join(';\n')};\n`);
    await write('migrations/20260102000000_second.sql', `select note('second; really');`);
    await write('migrations/readme.md', 'no migration');
    await write('seed.sql', `select note('seed');`);
    expect(await startAndAsk('select entry from log order by id')).toEqual([
      { entry: 'second; really' },
      { entry: 'seed' },
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

  it('should leave Supabase its own: a migration may use auth.users', async () => {
    await write(
      'migrations/20260101000000_profiles.sql',
      'create table public.profiles (id uuid primary key references auth.users on delete cascade default auth.uid());',
    );
    expect(await startAndAsk('select count(*)::int as n from profiles')).toEqual([{ n: 0 }]);
  }, 60_000);
});
