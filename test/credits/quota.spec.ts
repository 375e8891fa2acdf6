import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { signUpAdmin } from '../harness/admin.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp, type Answer } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations } from '../harness/representations.js';
import { ProbeModule } from './probe.js';

let api: Api;
let user: Caller;

beforeAll(async () => {
  api = await startApiFromSource({}, [ProbeModule]);
});
beforeEach(async () => {
  user = await signUp(api.url);
});
afterAll(() => api.close());

const quotaOf = ({ headers }: Answer<unknown>): (number | null)[] =>
  ['x-ratelimit-limit', 'x-ratelimit-remaining'].map((name) => {
    const value = headers.get(name);
    return value === null ? null : Number(value);
  });

/** As if so many requests had been made today. */
const used = (requests: number) =>
  sql(
    `insert into supanest.request_counters (subject, day, requests, daily_limit, last_wanted, last_granted)
     select 'user:' || id, (now() at time zone 'utc')::date, $2, 100, 0, 0 from supanest.profiles where user_id = $1
     on conflict (subject, day) do update set requests = excluded.requests`,
    [user.user?.id, requests],
  );

describe('the daily quota', () => {
  it('should count all routes and both representations together, also requests that fail', async () => {
    const answers = [
      await user.get('/api/credits'),
      await user.get('/api/v1/users/me'),
      await user.get('/api/tiers/'),
      await user.get('/api/credits/transactions?limit=x'),
      await user.get('/api/users'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 403]);
    expect(answers.map(quotaOf)).toEqual([99, 98, 97, 96, 95].map((left) => [100, left]));
    for (const { headers } of answers) {
      const reset = Number(headers.get('x-ratelimit-reset'));
      expect(reset).toBeGreaterThan(0);
      expect(reset).toBeLessThanOrEqual(86_400);
    }
  });

  it('should not count what nobody serves, health, the docs and the OpenAPI files', async () => {
    for (const path of ['/api/nothing', '/api/health', '/api/v1/health/', '/openapi.json', '/docs']) {
      expect(quotaOf(await user.get(path))).toEqual([null, null]);
    }
    expect(quotaOf(await user.get('/api/credits'))).toEqual([100, 99]);
  });

  it.each(representations)(
    'should refuse the next one under $prefix, and not count it',
    async ({ prefix }) => {
      await used(99);
      expect((await user.get(`${prefix}/credits`)).status).toBe(200);
      for (const path of ['/credits', '/tiers', '/users/me']) {
        const answer = await user.get(`${prefix}${path}`);
        expect(errorOf(answer)).toEqual({
          status: 429,
          code: 'RATE_LIMIT_EXCEEDED',
          detail: 'Request limit exceeded. Try again later.',
        });
        expect(quotaOf(answer)).toEqual([100, 0]);
        expect(answer.headers.get('retry-after')).toBe(answer.headers.get('x-ratelimit-reset'));
      }
    },
  );

  it('should admit exactly as many of many concurrent requests as are left', async () => {
    await used(90);
    const answers = await Promise.all(Array.from({ length: 30 }, () => user.get('/api/credits')));
    const admitted = answers.filter(({ status }) => status === 200);
    expect(admitted).toHaveLength(10);
    expect(new Set(admitted.map((answer) => quotaOf(answer)[1])).size).toBe(10);
  });

  it('should not limit administrators, and show them no limit', async () => {
    const admin = await signUpAdmin(api.url);
    expect(quotaOf(await admin.get('/api/credits'))).toEqual([null, null]);
  });

  it('should know who asks where requests are not counted', async () => {
    await used(100);
    const answer = await user.get('/api/probe/uncounted');
    expect(answer.status).toBe(200);
    expect(quotaOf(answer)).toEqual([null, null]);
    await sql('update supanest.profiles set is_active = false where user_id = $1', [user.user?.id]);
    expect((await user.get('/api/probe/uncounted')).status).toBe(403);
    expect((await new Caller(api.url).get('/api/probe/uncounted')).status).toBe(401);
  });
});

describe('requests without a token', () => {
  const from = (address: string): Promise<Answer> =>
    new Caller(api.url).get('/api/tiers', { 'x-forwarded-for': address });

  it('should be counted by address', async () => {
    const caller = new Caller(api.url);
    expect(quotaOf(await caller.get('/api/tiers'))).toEqual([100, 99]);
    expect(quotaOf(await caller.get('/api/v1/tiers'))).toEqual([100, 98]);
    expect(quotaOf(await new Caller(api.url).get('/api/tiers'))).toEqual([100, 99]);
  });

  it('should be counted by the whole /64 of an IPv6 address, and an IPv4 address by itself in any spelling', async () => {
    const net = `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}`;
    await from(`${net}::1`);
    expect(quotaOf(await from(`${net}:1:2:3:4`))).toEqual([100, 98]);
    const v4 = new Caller(api.url).address;
    await from(v4);
    expect(quotaOf(await from(`::ffff:${v4}`))).toEqual([100, 98]);
    expect(quotaOf(await from(`${v4}:5123`))).toEqual([100, 97]);
  });

  it('should not be told apart by what the client writes where no proxy is trusted', async () => {
    const direct = await startApiFromSource({ TRUST_PROXY: '' });
    try {
      const left = async (): Promise<number> =>
        quotaOf(await new Caller(direct.url).get('/api/tiers'))[1] ?? 0;
      const before = await left();
      // Others at this machine are counted there, too, perhaps until nothing is left.
      expect(await left()).toBeLessThan(Math.max(before, 1));
    } finally {
      await direct.close();
    }
  });

  it('should serve a public route to whoever brings a token that is of no use', async () => {
    const anonymous = [100, 99];
    const { token } = user;
    await user.post('/api/auth/logout');
    expect((await user.get('/api/credits')).status).toBe(401);
    for (const bad of [token, 'rubbish', 'a.b.c']) {
      const answer = await new Caller(api.url, bad).get('/api/tiers');
      expect([answer.status, ...quotaOf(answer)]).toEqual([200, ...anonymous]);
    }
  });
});

describe('limits against guessing', () => {
  const login = (caller: Caller, body: object, prefix = '/api') => caller.post(`${prefix}/probe/login`, body);

  it.each(representations)(
    'should limit tries for one e-mail under $prefix, from anywhere',
    async ({ prefix }) => {
      const email = `${randomUUID()}@example.com`;
      for (let index = 0; index < 10; index += 1) {
        expect((await login(new Caller(api.url), { email, password: 'x' }, prefix)).status).toBe(200);
      }
      const spelled = ` ${email.toUpperCase()} `;
      const refused = await login(new Caller(api.url), { email: spelled, password: 'x' }, prefix);
      expect(errorOf(refused)).toMatchObject({
        status: 429,
        code: 'RATE_LIMIT_EXCEEDED',
        detail: 'Request limit exceeded. Try again later.',
      });
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
      // What causes mails has a window of its own, and others are not concerned.
      expect((await login(new Caller(api.url), { email })).status).toBe(200);
      const other = { email: `${randomUUID()}@example.com`, password: 'x' };
      expect((await login(new Caller(api.url), other)).status).toBe(200);
    },
  );

  it('should limit tries from one address, for whatever e-mail', async () => {
    const strict = await startApiFromSource({ GUESSING_LIMIT_PER_IP: '3', GUESSING_WINDOW_SECONDS: '2' }, [
      ProbeModule,
    ]);
    try {
      const caller = new Caller(strict.url);
      const attempt = () => login(caller, { email: `${randomUUID()}@example.com`, password: 'x' });
      for (let index = 0; index < 3; index += 1) expect((await attempt()).status).toBe(200);
      const refused = await attempt();
      expect(refused.status).toBe(429);
      expect(quotaOf(refused)[0]).toBe(100);
      const wait = Number(refused.headers.get('retry-after'));
      await new Promise((resolve) => setTimeout(resolve, wait * 1_000 + 50));
      expect((await attempt()).status).toBe(200);
    } finally {
      await strict.close();
    }
  });
});
