import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLocalSupabase, type LocalSupabase } from './harness/worker.ts';

/** A superuser's URL of a real PostgreSQL; these tests run where there is one. */
const SERVER = process.env.TEST_POSTGRES_URL;

async function ask(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

(SERVER === undefined ? describe.skip : describe)('On a PostgreSQL of your own', () => {
  const names = Array.from({ length: 3 }, () => `supanest_test_${randomBytes(6).toString('hex')}`);
  const urls = names.map((name) => {
    const url = new URL(SERVER ?? 'postgresql://nowhere');
    url.pathname = `/${name}`;
    return url.href;
  });
  let workdir: string;
  let started: LocalSupabase[] = [];

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-external-'));
    await mkdir(join(workdir, 'supabase', 'migrations'), { recursive: true });
    await writeFile(
      join(workdir, 'supabase', 'migrations', '20260101000000_items.sql'),
      'create table public.items (id int primary key, name text);',
    );
    await writeFile(join(workdir, 'supabase', 'seed.sql'), `insert into public.items values (1, 'a;b');`);
    for (const name of names) await ask(SERVER ?? '', `create database ${name}`);
  });

  afterAll(async () => {
    await Promise.all(started.map((supabase) => supabase.close()));
    for (const name of names) await ask(SERVER ?? '', `drop database ${name} with (force)`);
    await rm(workdir, { recursive: true });
  });

  const start = (postgresUrl: string): Promise<LocalSupabase> =>
    startLocalSupabase({ workdir, postgresUrl, quiet: true, ports: { api: 0, db: 0, inbox: 0 } });

  it('should make several databases Supabase ones at once, and one by two processes', async () => {
    started = await Promise.all([...urls, urls[0] ?? ''].map(start));
    for (const supabase of started) {
      const { data, error } = await createClient(supabase.url, supabase.secretKey).from('items').select();
      expect({ data, error }).toEqual({ data: [{ id: 1, name: 'a;b' }], error: null });
    }
  }, 60_000);

  it('should leave everything as it is when it starts again', async () => {
    const url = urls[1] ?? '';
    const before = await ask(url, `select count(*)::int as n from pg_class where relnamespace <> 99`);
    await ask(url, 'delete from public.items');
    started.push(await start(url));
    expect((await ask(url, `select count(*)::int as n from pg_class where relnamespace <> 99`)).rows).toEqual(
      before.rows,
    );
    expect((await ask(url, 'select * from public.items')).rows).toEqual([]);
  }, 60_000);
});
