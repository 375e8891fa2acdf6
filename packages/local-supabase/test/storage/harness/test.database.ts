import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Database } from '../../../src/context.ts';

const SERVER =
  process.env.TEST_POSTGRES_URL ?? 'postgresql://storage_tests:storage_tests@127.0.0.1:5432/postgres';

/** A fresh database with what other parts of a Supabase bring: the API roles and `auth.uid()`. */
export interface TestDatabase extends Database {
  drop(): Promise<void>;
}

const SURROUNDINGS = `
  do $$ begin
    create role anon nologin noinherit; exception when duplicate_object then null; end $$;
  do $$ begin
    create role authenticated nologin noinherit; exception when duplicate_object then null; end $$;
  do $$ begin
    create role service_role nologin noinherit bypassrls; exception when duplicate_object then null; end $$;
  create schema auth;
  grant usage on schema auth, public to anon, authenticated, service_role;
  create function auth.jwt() returns jsonb language sql stable as
    $$ select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb $$;
  create function auth.uid() returns uuid language sql stable as $$ select (auth.jwt() ->> 'sub')::uuid $$;
  create function auth.role() returns text language sql stable as $$ select auth.jwt() ->> 'role' $$;
`;

export async function testDatabase(): Promise<TestDatabase> {
  const name = `storage_test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = Object.assign(new URL(SERVER), { pathname: `/${name}` }).toString();
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  await pool.query(SURROUNDINGS);
  return {
    pool,
    url,
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    drop: async () => {
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
