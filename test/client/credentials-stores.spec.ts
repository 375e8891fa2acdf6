import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import pg from 'pg';
import { credentialsConformance } from '../../packages/client/src/credentials/conformance.ts';
import type { CredentialsManager } from '../../packages/client/src/credentials/credentials.types.ts';
import { DatabaseCredentialsManager } from '../../packages/client/src/credentials/database.manager.ts';
import type { CredentialsStore } from '../../src/auth/credentials/credentials.types.js';
import { MemoryCredentialsStore } from '../../src/auth/credentials/memory-credentials.store.js';
import { PostgresCredentialsStore } from '../../src/auth/credentials/postgres-credentials.store.js';
import { RedisCredentialsStore } from '../../src/auth/credentials/redis-credentials.store.js';
import { Database } from '../../src/platform/database/database.service.js';
import { API_SECRET_KEY, UNHURRIED } from '../auth/modes.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { startRedis, type RedisUnderTest } from '../harness/redis.js';
import { Upstream } from '../harness/upstream.js';

const KEY = randomBytes(32);

let redis: RedisUnderTest;
let upstream: Upstream;
let api: Api;
let pool: pg.Pool;
const stores = new Map<string, CredentialsManager>();
const storeOf = (name: string): CredentialsManager => stores.get(name) ?? new MemoryCredentialsStore();
let redisStore: RedisCredentialsStore;

beforeAll(async () => {
  redis = await startRedis();
  upstream = await Upstream.start();
  api = await startApiFromSource({
    ...UNHURRIED,
    ...upstream.environment,
    API_SECRET_KEY,
    CREDENTIALS_STORE: 'redis',
    REDIS_URL: redis.url,
  });
  pool = new pg.Pool({ connectionString: supabaseUnderTest().postgresUrl, max: 2 });
  const database = new DatabaseCredentialsManager(pool, { table: 'public.client_credentials' });
  await database.createTable();
  await database.createTable();
  redisStore = new RedisCredentialsStore(redis.url, KEY, 100);
  // The server's stores are managers: this does not compile otherwise.
  const own: Record<string, CredentialsStore> = {
    MemoryCredentialsStore: new MemoryCredentialsStore(),
    PostgresCredentialsStore: new PostgresCredentialsStore(api.app.get(Database), KEY),
    RedisCredentialsStore: redisStore,
  };
  for (const [name, store] of Object.entries({ ...own, DatabaseCredentialsManager: database })) {
    stores.set(name, store);
  }
});
afterAll(async () => {
  redisStore.onApplicationShutdown();
  await sql('drop table if exists public.client_credentials');
  await pool.end();
  await api.close();
  await upstream.close();
  await redis.close();
});

describe.each([
  'MemoryCredentialsStore',
  'PostgresCredentialsStore',
  'RedisCredentialsStore',
  'DatabaseCredentialsManager',
])('%s', (name) => {
  it.each(credentialsConformance)('$name', async ({ run }) => {
    await expect(run(storeOf(name))).resolves.toBeUndefined();
  });
});

describe('DatabaseCredentialsManager', () => {
  it('should keep the row of what was deleted, without its tokens', async () => {
    const manager = storeOf('DatabaseCredentialsManager');
    await manager.set('deleted', { accessToken: 'a', refreshToken: 'r' });
    await manager.delete('deleted');
    await expect(sql(`select * from public.client_credentials where id = 'deleted'`)).resolves.toEqual([
      expect.objectContaining({ access_token: null, refresh_token: null, deleted_at: expect.any(Date) }),
    ]);
  });

  it('should not take a name that is no table', () => {
    expect(() => new DatabaseCredentialsManager(pool, { table: 'x; drop table y' })).toThrow(RangeError);
  });
});

describe('sessions in Redis', () => {
  const sessionKey = (token: string | undefined): string =>
    `supanest:credentials:${String(jwt.decode(String(token), { json: true })?.sid)}`;

  it('should carry a sign-in from its beginning to its end', async () => {
    const caller = await signUp(api.url);
    const kept = await redis.client.get(sessionKey(caller.token));
    expect(kept).toEqual(expect.any(String));
    expect(Buffer.from(String(kept), 'base64').toString('latin1')).not.toContain('refreshToken');
    await expect(redis.client.ttl(sessionKey(caller.token))).resolves.toBeGreaterThan(2_500_000);
    // What Supabase is asked for goes through the stored session.
    await expect(caller.get('/api/auth/me')).resolves.toMatchObject({ status: 200 });
    await expect(
      caller.post('/api/auth/refresh', { refresh_token: caller.user?.refreshToken }),
    ).resolves.toMatchObject({ status: 200 });
    await expect(caller.post('/api/auth/logout')).resolves.toMatchObject({ status: 200 });
    await expect(redis.client.exists(sessionKey(caller.token))).resolves.toBe(0);
    await expect(caller.get('/api/auth/me')).resolves.toMatchObject({ status: 401 });
  });

  it('should refuse with 503 while Redis is away, and go on when it is back', async () => {
    const caller = await signUp(api.url);
    await redis.client.call('ACL', 'SETUSER', 'default', '-@all', '+acl', '+auth', '+hello');
    await expect(caller.get('/api/auth/me')).resolves.toMatchObject({
      status: 503,
      body: { code: 'UPSTREAM_UNAVAILABLE' },
    });
    await redis.client.call('ACL', 'SETUSER', 'default', '+@all');
    await expect(caller.get('/api/auth/me')).resolves.toMatchObject({ status: 200 });
  });
});
