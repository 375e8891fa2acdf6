import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import pg from 'pg';
import { freshDatabase } from '../../test/harness/fresh-database.ts';

/** A database made ready for all variants, and the tokens of its users. */
export interface BenchDatabase {
  url: string;
  /** One for each user, valid for a day. */
  tokens: string[];
  sql: (statement: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  drop: () => Promise<void>;
}

export const SUPABASE_URL = 'http://127.0.0.1:54321';
export const JWT_SECRET = 'a secret of thirty-two characters or more, for benchmarks';
const METERED = '/api/bench/metered';

/**
 * A fresh database with our migrations and `users` users, each with a session, a tier without a limit that matters and
 * credits enough. Of Supabase there are only the two tables that admission looks at.
 */
export async function prepare(server: string, users: number): Promise<BenchDatabase> {
  const { url, drop } = await freshDatabase(server);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const sql = async (statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await client.query<Record<string, unknown>>(statement, values)).rows;
  await sql(`create schema auth;
    create table auth.users (id uuid primary key, email text);
    create table auth.sessions (id uuid primary key, user_id uuid, not_after timestamptz)`);
  const { migrate } = (await import(
    new URL('../../dist/platform/database/migrator.js', import.meta.url).href
  )) as typeof import('../../src/platform/database/migrator.js');
  await migrate({ url, directory: new URL('../../supabase/migrations', import.meta.url).pathname });
  await sql(
    "update supanest.tiers set signup_credits = 1000000000, daily_requests = 1000000000 where name = 'free'",
  );
  const people = Array.from({ length: users }, (_, index) => ({
    id: randomUUID(),
    session: randomUUID(),
    email: `${String(index)}@example.com`,
  }));
  await sql('insert into auth.users select * from unnest($1::uuid[], $2::text[])', [
    people.map(({ id }) => id),
    people.map(({ email }) => email),
  ]);
  await sql('insert into auth.sessions (id, user_id) select * from unnest($1::uuid[], $2::uuid[])', [
    people.map(({ session }) => session),
    people.map(({ id }) => id),
  ]);
  await sql(
    'insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request) values ($1, $2, 1)',
    [METERED, 'GET'],
  );
  await sql(`create schema conventional;
    create table conventional.users (
      id bigint generated always as identity primary key, user_id uuid not null unique,
      credits bigint not null check (credits >= 0), is_active boolean not null default true);
    create table conventional.rates (endpoint_path text primary key, credits int not null);
    create table conventional.transactions (
      id bigint generated always as identity primary key, user_id bigint not null references conventional.users,
      amount int not null, endpoint text not null, created_at timestamptz not null default now());
    create index on conventional.transactions (user_id, id);
    insert into conventional.users (user_id, credits) select id, 1000000000 from auth.users`);
  await sql('insert into conventional.rates values ($1, 1)', [METERED]);
  await sql('vacuum analyze');
  return {
    url,
    tokens: people.map((person) => tokenOf(person)),
    sql,
    drop: async () => {
      await client.end();
      await drop();
    },
  };
}

function tokenOf({ id, session, email }: { id: string; session: string; email: string }): string {
  const claims = { role: 'authenticated', email, session_id: session, aal: 'aal1', is_anonymous: false };
  return jwt.sign(claims, JWT_SECRET, {
    subject: id,
    audience: 'authenticated',
    issuer: `${SUPABASE_URL}/auth/v1`,
    expiresIn: '1d',
  });
}
