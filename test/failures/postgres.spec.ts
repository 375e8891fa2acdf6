import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { signUpAdmin } from '../harness/admin.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { Outage, type Weather } from '../harness/outage.js';

let postgres: Outage;
let api: Api;

beforeAll(async () => {
  postgres = await Outage.before(supabaseUnderTest().postgresUrl);
  api = await startApi({
    DATABASE_URL: postgres.url,
    DATABASE_STATEMENT_TIMEOUT_MS: '500',
    LOG_LEVEL: 'silent',
  });
});
afterEach(() => postgres.become('up'));
afterAll(async () => {
  await api.close();
  await postgres.close();
});

const BAD: Weather[] = ['down', 'silent', 'rubbish'];

describe.each(BAD)('when Postgres is %s', (weather) => {
  it('should refuse whoever would be counted, and charge nobody', async () => {
    const user = await signUp(api.url);
    postgres.become(weather);
    const answer = await user.get('/api/credits');
    expect(answer).toMatchObject({ status: 503, body: { code: 'UPSTREAM_UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);

    const rows = await sql<{ kind: string }>(
      `select kind from supanest.credit_transactions t join supanest.profiles p on p.id = t.profile_id where p.user_id = $1`,
      [user.user?.id],
    );
    expect(rows.map((row) => row.kind)).toEqual(['grant']);
  }, 20_000);

  it('should still tell that it runs', async () => {
    postgres.become(weather);
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);
  });

  it('should serve again once Postgres is back, without a restart', async () => {
    const user = await signUp(api.url);
    postgres.become(weather);
    await user.get('/api/credits');
    postgres.become('up');
    expect(await user.get('/api/credits')).toMatchObject({ status: 200, body: { credits: 100 } });
  }, 20_000);
});

describe('connections that are cut in the middle of charges', () => {
  it('should leave a ledger in which every charge a client was told of stands once', async () => {
    const admin = await signUpAdmin(api.url);
    // Suites share one database, so each prices a route that no other suite counts credits on.
    const path = '/api/auth/session';
    const rate = await admin.post<{ id: number }>('/api/credits/rates', {
      endpoint_path: path,
      method: 'GET',
      credits_per_request: 1,
      description: 'For this test',
    });
    expect(rate.status).toBe(201);
    const user = await signUp(api.url);

    let told = 0;
    const requests = Array.from({ length: 60 }, async (_, index) => {
      if (index % 20 === 10) postgres.become('up');
      const answer = await user.get(path);
      if (answer.headers.get('x-credits-charged') === '1') told += 1;
    });
    await Promise.all(requests);
    await admin.delete(`/api/credits/rates/${String(rate.body.id)}`);

    const [row] = await sql<{ charges: string; balance: string; sum: string }>(
      `select count(*) filter (where kind = 'charge') - count(*) filter (where kind = 'refund') as charges,
              max(p.credits_balance) as balance, sum(amount) as sum
       from supanest.credit_transactions t join supanest.profiles p on p.id = t.profile_id where p.user_id = $1`,
      [user.user?.id],
    );
    expect(Number(row?.charges)).toBeGreaterThanOrEqual(told);
    expect(row?.balance).toBe(row?.sum);
  }, 30_000);
});
