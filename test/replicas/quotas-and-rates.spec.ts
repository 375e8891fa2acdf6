import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../harness/pgbouncer.js';
import { spawnApi, type ApiProcess } from '../harness/process.js';

/** How the processes reach Postgres. A pooler's server connections are shared: nothing may rely on a session. */
const WAYS = [
  { way: 'directly', pooled: false },
  ...(hasPgBouncer && process.env.TEST_POSTGRES_URL !== undefined
    ? [{ way: 'through PgBouncer in transaction mode', pooled: true }]
    : []),
];

/** Two processes of the build on one database, as behind a load balancer. */
let replicas: [ApiProcess, ApiProcess];
let admin: Caller;
let user: Caller;

let environment: Record<string, string>;

/** What nobody else asks for: a price on it is nobody else's, and it needs nothing of Supabase. */
const ownPath = (): string => `/api/storage/buckets/user-files/public-url/${randomUUID()}`;

/** The same caller at one of the processes. */
const at = (replica: 0 | 1, caller = user): Caller =>
  new Caller(replicas[replica].url, caller.token, caller.user);

describe.each(WAYS)('$way', ({ pooled }) => {
  let pooler: PgBouncer | undefined;
  beforeAll(async () => {
    const { postgresUrl } = supabaseUnderTest();
    pooler = pooled ? await startPgBouncer(postgresUrl) : undefined;
    environment = pooler ? { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: postgresUrl } : {};
    replicas = await Promise.all([spawnApi(environment), spawnApi(environment)]);
    admin = await signUpAdmin(replicas[0].url);
  }, 30_000);
  beforeEach(async () => {
    user = await signUp(replicas[0].url);
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await pooler?.stop();
  });

  describe('two processes on one database', () => {
    it('should admit 100 requests a day of a user together', async () => {
      const answers = await Promise.all(
        Array.from({ length: 130 }, (_, index) => at(index % 2 === 0 ? 0 : 1).get('/api/credits')),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(100);
      expect(statuses.filter((status) => status === 429)).toHaveLength(30);
    }, 20_000);

    it('should have one price, from the next request on', async () => {
      const endpoint_path = ownPath();
      const charged = async (replica: 0 | 1) =>
        (await at(replica).get(endpoint_path)).headers.get('x-credits-charged');
      expect([await charged(0), await charged(1)]).toEqual([null, null]);
      const rate = await at(0, admin).post<{ id: number }>('/api/credits/rates', {
        endpoint_path,
        credits_per_request: 2,
      });
      try {
        expect([await charged(1), await charged(0)]).toEqual(['2', '2']);
        await at(1, admin).patch(`/api/credits/rates/${String(rate.body.id)}`, { credits_per_request: 3 });
        expect([await charged(0), await charged(1)]).toEqual(['3', '3']);
      } finally {
        await at(0, admin).delete(`/api/credits/rates/${String(rate.body.id)}`);
      }
      expect([await charged(1), await charged(0)]).toEqual([null, null]);
    });

    it('should let one of them have the last credits', async () => {
      const endpoint_path = ownPath();
      const rate = await at(0, admin).post<{ id: number }>('/api/credits/rates', {
        endpoint_path,
        credits_per_request: 60,
      });
      try {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) => at(index % 2 === 0 ? 0 : 1).get(endpoint_path)),
        );
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(answers.filter(({ status }) => status === 403)).toHaveLength(9);
      } finally {
        await at(0, admin).delete(`/api/credits/rates/${String(rate.body.id)}`);
      }
    });

    it('should know at once of a new tier, a new role and an inactive user', async () => {
      const id = user.user?.id ?? '';
      await at(0, admin).patch(`/api/users/${id}`, { subscription_tier: 'basic', role: 'admin' });
      expect((await at(1).get('/api/users?limit=1')).status).toBe(200);
      await at(0, admin).patch(`/api/users/${id}`, { role: 'user' });
      expect((await at(1).get('/api/credits')).headers.get('x-ratelimit-limit')).toBe('1000');
      await at(0, admin).patch(`/api/users/${id}`, { is_active: false });
      expect((await at(1).get('/api/credits')).status).toBe(403);
    });

    it('should know at once of a changed tier', async () => {
      await at(0, admin).patch(`/api/users/${user.user?.id ?? ''}`, { subscription_tier: 'premium' });
      const limit = async () => (await at(1).get('/api/credits')).headers.get('x-ratelimit-limit');
      await at(0, admin).patch('/api/tiers/premium', { daily_requests: 4_999 });
      expect(await limit()).toBe('4999');
      await at(0, admin).patch('/api/tiers/premium', { daily_requests: 5_000 });
      expect(await limit()).toBe('5000');
    });

    it('should limit guessing together', async () => {
      const email = `${randomUUID()}@example.com`;
      const attempt = (replica: 0 | 1) =>
        new Caller(replicas[replica].url).post('/api/auth/login', { email, password: 'wrong password' });
      for (let index = 0; index < 5; index += 1) {
        expect((await attempt(0)).status).toBe(401);
        expect((await attempt(1)).status).toBe(401);
      }
      expect((await attempt(0)).status).toBe(429);
      expect((await attempt(1)).status).toBe(429);
    });
  });

  describe('a restart', () => {
    it('should forget no count, no price and no credit', async () => {
      await at(1).get('/api/credits');
      const before = await at(1).get('/api/credits');
      expect(before.headers.get('x-ratelimit-remaining')).toBe('98');
      expect(await replicas[1].stop('SIGKILL')).toBeNull();
      replicas[1] = await spawnApi(environment);
      const after = await at(1).get('/api/credits');
      expect(after.headers.get('x-ratelimit-remaining')).toBe('97');
      expect(await sql('select * from supanest.ledger_violations()')).toEqual([]);
    }, 20_000);
  });
});
