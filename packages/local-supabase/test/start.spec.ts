import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLocalSupabase, type LocalSupabase } from './harness/worker.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(30_000);

describe('startLocalSupabase', () => {
  let workdir: string;
  let supabase: LocalSupabase;

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-start-'));
    supabase = await startLocalSupabase({
      workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
    });
  }, 60_000);

  afterAll(async () => {
    await supabase.close();
    await rm(workdir, { recursive: true });
  });

  it('serves tables created after the start, under row-level security', async () => {
    const client = new pg.Client({ connectionString: supabase.postgresUrl });
    await client.connect();
    await client.query(`
      create table public.notes (id int primary key, body text);
      alter table public.notes enable row level security;
      insert into public.notes values (1, 'secret')`);
    await client.end();

    const anonymous = createClient(supabase.url, supabase.publishableKey);
    const admin = createClient(supabase.url, supabase.secretKey);
    const legacyAdmin = createClient(supabase.url, supabase.serviceRoleKey);

    expect((await anonymous.from('notes').select()).data).toEqual([]);
    expect((await admin.from('notes').select()).data).toEqual([{ id: 1, body: 'secret' }]);
    expect((await legacyAdmin.from('notes').select()).data).toEqual([{ id: 1, body: 'secret' }]);
  });
});
