import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { SignJWT, type JWTPayload } from 'jose';
import { Pool } from 'pg';
import { parse } from 'smol-toml';
import type { ConfigTree } from '../../src/context.ts';
import { startLocalSupabase, type LocalSupabase } from '../harness/worker.ts';
import { inboxMail, type MailBox } from './mail-box.ts';

// A database starts in a few seconds, bcrypt takes its time, and the machine may be busy.
jest.setTimeout(60_000);

/** A running auth service. */
export interface Harness {
  url: string;
  /** The database, as its superuser. */
  pool: Pool;
  mails: MailBox;
  keys: TestKeys;
  /** A client as a browser has it, without a session. */
  client: (options?: {
    flowType?: 'pkce' | 'implicit';
    experimental?: { recoveryCodes?: boolean };
  }) => SupabaseClient;
  /** A client with the service key. */
  admin: () => SupabaseClient;
  /** A raw request to a path under `/auth/v1`. */
  send: (method: string, path: string, options?: RawRequest) => Promise<RawResponse>;
  close: () => Promise<void>;
}

export interface TestKeys {
  anonKey: string;
  serviceRoleKey: string;
  publishableKey: string;
  secretKey: string;
  jwtSecret: string;
}

export interface RawRequest {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}

export interface RawResponse {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** Starts a local Supabase in memory, with `config.toml` as given. */
export async function startAuth(toml = ''): Promise<Harness> {
  const workdir = await mkdtemp(join(tmpdir(), 'local-supabase-auth-'));
  const supabase = await startLocalSupabase({
    workdir,
    memory: true,
    quiet: true,
    ports: { api: 0, db: 0, inbox: 0 },
    config: withFastPasswords(parse(toml)),
  });
  const pool = openPool(supabase);
  return {
    ...harnessAt(supabase.url, supabase, pool, inboxMail(supabase.inboxUrl)),
    close: async () => {
      await pool.end();
      await supabase.close();
      await rm(workdir, { recursive: true });
    },
  };
}

/** Hashing takes most of the time of a sign-up; what it costs is nothing that these suites ask about. */
export function withFastPasswords(config: ConfigTree): ConfigTree {
  return { ...config, auth: { password_hash_cost: 4, ...(config.auth as ConfigTree | undefined) } };
}

/** A pool of one connection to the database. */
export function openPool(supabase: LocalSupabase): Pool {
  const pool = new Pool({ connectionString: supabase.postgresUrl, max: 1 });
  // The server may say goodbye before the pool does; without a listener that would fail the test.
  pool.on('error', () => undefined);
  return pool;
}

/** What tests call, for the auth service at `url`. */
export function harnessAt(url: string, keys: TestKeys, pool: Pool, mails: MailBox): Omit<Harness, 'close'> {
  const options = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
  return {
    url,
    pool,
    mails,
    keys,
    client: (extra) => createClient(url, keys.anonKey, { auth: { ...options.auth, ...extra } }),
    admin: () => createClient(url, keys.serviceRoleKey, options),
    send: (method, path, request) => send(url, keys, method, path, request),
  };
}

/** A token that the project's secret signs. */
export function signToken(keys: TestKeys, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(new TextEncoder().encode(keys.jwtSecret));
}

async function send(
  url: string,
  keys: TestKeys,
  method: string,
  path: string,
  request: RawRequest = {},
): Promise<RawResponse> {
  const response = await fetch(`${url}/auth/v1${path}`, {
    method,
    redirect: 'manual',
    headers: {
      apikey: keys.anonKey,
      ...(request.token !== undefined && { authorization: `Bearer ${request.token}` }),
      ...(request.body !== undefined && { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body !== undefined && {
      body: typeof request.body === 'string' ? request.body : JSON.stringify(request.body),
    }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}
