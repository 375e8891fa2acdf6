import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import fastify, { type FastifyInstance } from 'fastify';
import { jwtVerify, SignJWT, type JWTPayload } from 'jose';
import { Pool } from 'pg';
import { parse } from 'smol-toml';
import { authPart } from '../../src/auth/part.ts';
import type { Context, KeyRing, Mail } from '../../src/context.ts';

const SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';
/** A superuser of any PostgreSQL; each harness makes a database of its own there. */
const SERVER = process.env.POSTGRES_URL ?? 'postgresql://auth_tester:auth_tester@127.0.0.1:5432/postgres';

/** A running auth service on a database of its own. */
export interface Harness {
  url: string;
  pool: Pool;
  mails: Mail[];
  keys: KeyRing;
  /** A client as a browser has it, without a session. */
  client: (options?: { flowType?: 'pkce' | 'implicit' }) => SupabaseClient;
  /** A client with the service key. */
  admin: () => SupabaseClient;
  /** A raw request to a path under `/auth/v1`. */
  send: (method: string, path: string, options?: RawRequest) => Promise<RawResponse>;
  close: () => Promise<void>;
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

/** Starts the auth service with `[auth]` as `toml` says. */
export async function startAuth(toml = ''): Promise<Harness> {
  const name = `auth_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await withPool(SERVER, (pool) => pool.query(`create database ${name}`));
  const pool = new Pool({ connectionString: withDatabase(SERVER, name), max: 6 });
  const app = fastify();
  const keys = await createKeys();
  const mails: Mail[] = [];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const context: Context = {
    config: parse(toml),
    workdir: import.meta.dirname,
    url,
    keys,
    mailer: {
      send: (mail) => {
        mails.push(mail);
        return Promise.resolve();
      },
    },
    database: { pool, url: '', transaction: (work) => transaction(pool, work) },
  };
  const part = authPart(context);
  await part.migrate?.();
  await part.migrate?.();
  await app.register(part.routes, { prefix: part.prefix });
  await app.listen({ host: '127.0.0.1', port });
  const options = { auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false } };
  return {
    url,
    pool,
    mails,
    keys,
    client: (extra) => createClient(url, keys.anonKey, { auth: { ...options.auth, ...extra } }),
    admin: () => createClient(url, keys.serviceRoleKey, options),
    send: (method, path, request) => send(url, keys, method, path, request),
    close: () => stop(app, pool, name),
  };
}

async function send(
  url: string,
  keys: KeyRing,
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

async function createKeys(): Promise<KeyRing> {
  const key = new TextEncoder().encode(SECRET);
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
  return {
    jwtSecret: SECRET,
    anonKey: await sign({ iss: 'supabase-demo', role: 'anon', exp: 1983812996 }),
    serviceRoleKey: await sign({ iss: 'supabase-demo', role: 'service_role', exp: 1983812996 }),
    publishableKey: 'sb_publishable_test',
    secretKey: 'sb_secret_test',
    sign,
    verify: async (token) => (await jwtVerify(token, key, { algorithms: ['HS256'] })).payload,
    jwks: () => ({ keys: [] }),
  };
}

async function transaction<T>(
  pool: Pool,
  work: Parameters<Context['database']['transaction']>[0],
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = (await work(client)) as T;
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}

async function stop(app: FastifyInstance, pool: Pool, name: string): Promise<void> {
  await app.close();
  await pool.end();
  await withPool(SERVER, (server) => server.query(`drop database ${name} with (force)`));
}

async function withPool<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: url, max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

function withDatabase(url: string, name: string): string {
  const target = new URL(url);
  target.pathname = `/${name}`;
  return target.toString();
}

async function freePort(): Promise<number> {
  const app = fastify();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  await app.close();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}
