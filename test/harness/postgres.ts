import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { migrate } from '../../src/platform/database/migrator.js';

// Suites that cut connections are meant to be silent about it.
Logger.overrideLogger(false);

/** Where our migrations are. */
export const MIGRATIONS = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

/** A database for one suite. */
export interface TestDatabase {
  /** As its superuser. */
  url: string;
  /** Runs SQL beside whatever is under test. */
  sql: <Row extends object>(text: string, params?: readonly unknown[]) => Promise<Row[]>;
  close: () => Promise<void>;
}

/** What of Supabase our migrations stand on, for a bare Postgres. */
const SUPABASE_SCHEMA = `
  create schema auth;
  create table auth.users (
    id uuid primary key, email varchar(255), is_anonymous boolean not null default false,
    created_at timestamptz default now(), updated_at timestamptz, last_sign_in_at timestamptz, deleted_at timestamptz
  );
  create table auth.sessions (
    id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade,
    created_at timestamptz default now(), not_after timestamptz
  )`;

/** Roles belong to the cluster, so two suites may create them at once. */
const SUPABASE_ROLES = ['anon', 'authenticated', 'service_role'].map(
  (role) => `do $$ begin create role ${role} nologin; exception when others then null; end $$`,
);

/** A superuser's URL of a real Postgres; suites make and drop databases of their own there. */
const POSTGRES_URL = process.env.TEST_POSTGRES_URL;

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

async function onServer(url: string, statement: string): Promise<void> {
  const client = await connect(url);
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function createOnPostgres(serverUrl: string): Promise<TestDatabase> {
  const name = `supanest_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const client = await connect(url.href);
  for (const statement of [...SUPABASE_ROLES, SUPABASE_SCHEMA]) await client.query(statement);
  return {
    url: url.href,
    sql: async <Row extends object>(text: string, params: readonly unknown[] = []) =>
      (await client.query<Row>(text, [...params])).rows,
    close: async () => {
      await client.end();
      await onServer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/** The Postgres servers that suites run on here. */
export const engines: { engine: string; create: () => Promise<TestDatabase> }[] = POSTGRES_URL
  ? [{ engine: 'PostgreSQL', create: () => createOnPostgres(POSTGRES_URL) }]
  : [];

/** A fresh database with our migrations applied. */
export async function migrated(create: () => Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await create();
  await migrate({ url: database.url, directory: MIGRATIONS });
  return database;
}
