import { jest } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import pg from 'pg';
import type { ConfigTree } from '../../../src/context.ts';
import { startLocalSupabase, type LocalSupabase } from '../../harness/worker.ts';

// A first request waits for Postgres to warm up, which takes its time on a busy machine.
jest.setTimeout(30_000);

type StorageClient = SupabaseClient['storage'];

/** A local Supabase on a folder of its own, as storage tests see it. */
export interface RunningStorage {
  /** Storage below `…/storage/v1`. */
  readonly url: string;
  readonly supabase: LocalSupabase;
  /** The superuser's connections. */
  readonly pool: pg.Pool;
  /** Where the files of objects are. */
  filesFolder(): Promise<string>;
  readonly admin: StorageClient;
  readonly anonymous: StorageClient;
  /** A signed-in user. */
  user(sub: string): Promise<StorageClient>;
  tokenOf(sub: string): Promise<string>;
  /** Stops and starts again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface StorageTestOptions {
  readonly config?: ConfigTree;
  /** Runs after the start, like a project's migration. */
  readonly sql?: string;
  /** Prepares the workdir, before the start. */
  readonly prepare?: (workdir: string) => Promise<void>;
}

/**
 * Starts it on PGlite, or on the server of TEST_POSTGRES_URL (a superuser's), in a database of its own.
 */
export async function startStorage(options: StorageTestOptions = {}): Promise<RunningStorage> {
  const workdir = await mkdtemp(join(tmpdir(), 'storage-test-'));
  await options.prepare?.(workdir);
  const server = process.env.TEST_POSTGRES_URL;
  const database = server === undefined ? undefined : await createDatabase(server);
  const start = (): Promise<LocalSupabase> =>
    startLocalSupabase({
      workdir,
      dataDir: 'data',
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      ...(options.config && { config: options.config }),
      ...(database && { postgresUrl: database.url }),
    });
  let supabase = await start();
  let pool = poolOf(supabase);
  if (options.sql !== undefined) await pool.query(options.sql);

  const tokenOf = (sub: string): Promise<string> =>
    new SignJWT({ sub, role: 'authenticated', aud: 'authenticated' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(supabase.jwtSecret));
  return {
    get url() {
      return `${supabase.url}/storage/v1`;
    },
    get supabase() {
      return supabase;
    },
    get pool() {
      return pool;
    },
    filesFolder: async () => {
      const name = (await readdir(join(workdir, 'data'))).find((entry) => entry.startsWith('storage'));
      return join(workdir, 'data', name ?? 'storage');
    },
    get admin() {
      return clientOf(supabase, supabase.serviceRoleKey);
    },
    get anonymous() {
      return clientOf(supabase, supabase.anonKey);
    },
    user: async (sub) => clientOf(supabase, supabase.anonKey, await tokenOf(sub)),
    tokenOf,
    restart: async () => {
      await pool.end();
      await supabase.close();
      supabase = await start();
      pool = poolOf(supabase);
    },
    stop: async () => {
      await pool.end();
      await supabase.close();
      await database?.drop();
      await rm(workdir, { recursive: true, force: true });
    },
  };
}

function poolOf({ postgresUrl }: LocalSupabase): pg.Pool {
  const pool = new pg.Pool({ connectionString: postgresUrl, max: 2 });
  // The server may say goodbye to a connection that is being closed.
  pool.on('error', () => undefined);
  return pool;
}

function clientOf({ url }: LocalSupabase, key: string, token?: string): StorageClient {
  const options = { auth: { persistSession: false, autoRefreshToken: false } };
  const user = token === undefined ? {} : { global: { headers: { Authorization: `Bearer ${token}` } } };
  return createClient(url, key, { ...options, ...user }).storage;
}

async function createDatabase(server: string): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `storage_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await onServer(server, `create database ${name}`);
  return {
    url: Object.assign(new URL(server), { pathname: `/${name}` }).toString(),
    drop: () => onServer(server, `drop database ${name} with (force)`),
  };
}

async function onServer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
