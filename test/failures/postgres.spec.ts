import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerViolations, setRate } from '../credits/rate.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { Outage, type Weather } from '../harness/outage.js';
import { until } from '../harness/until.js';

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
  it('should leave a ledger in which every charge a client was told of stands once, and no other', async () => {
    // Suites share one database: this one prices what no other asks for.
    const path = `/api/storage/buckets/user-files/public-url/${randomUUID()}`;
    await setRate(path, 1);
    const user = await signUp(api.url);

    let told = 0;
    for (let wave = 0; wave < 3; wave += 1) {
      postgres.loseNextAnswers();
      const answers = await Promise.all(Array.from({ length: 20 }, () => user.get(path)));
      told += answers.filter(({ headers }) => headers.get('x-credits-charged') === '1').length;
    }
    expect(postgres.answersLost).toBeGreaterThan(0);

    const kept = async (): Promise<number> => {
      const [row] = await sql<{ kept: number }>(
        'select credits_used::int as kept from supanest.profiles where user_id = $1',
        [user.user?.id],
      );
      return row?.kept ?? 0;
    };
    // What nobody was told of is given back as soon as the ledger answers again.
    await until(async () => (await kept()) <= told);
    expect(await kept()).toBe(told);
    expect(await ledgerViolations()).toEqual([]);
  }, 30_000);
});
