import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { until } from '../harness/until.js';
import { probe, ProbeModule } from './probe.js';
import { ledgerViolations, setRate } from './rate.js';

interface Row {
  amount: number;
  balance_after: number;
  description: string;
  endpoint: string | null;
}

describe('metering', () => {
  let api: Api;
  let user: Caller;

  const balance = async (): Promise<number> => {
    const { body } = await user.get<{ profile: { credits_balance: number } }>('/api/users/me');
    return body.profile.credits_balance;
  };
  const rows = async (): Promise<Row[]> => (await user.get<Row[]>('/api/credits/transactions')).body;

  beforeAll(async () => {
    api = await startApiFromSource({}, [ProbeModule]);
    await setRate('/api/probe/*', 10);
    await setRate('/api/probe/free/*', 0);
    await setRate('/probe/notes', 25, 'POST');
  });
  beforeEach(async () => {
    user = await signUp(api.url);
    probe.runs = 0;
  });
  afterEach(async () => {
    // eslint-disable-next-line jest/no-standalone-expect -- holds whatever a test has done
    expect(await ledgerViolations()).toEqual([]);
  });
  afterAll(() => api.close());

  describe.each(['/api', '/api/v1'])('under %s', (prefix) => {
    it('should charge a request, with one row that names its path', async () => {
      const answer = await user.get(`${prefix}/probe/ok/?x=1`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-credits-charged')).toBe('10');
      expect(answer.headers.get('x-credits-remaining')).toBe('90');
      const [charge, ...others] = await rows();
      expect(charge).toMatchObject({
        amount: -10,
        balance_after: 90,
        description: `API request to ${prefix}/probe/ok/`,
        endpoint: `${prefix}/probe/ok/`,
      });
      expect(others).toHaveLength(1);
    });

    it('should refuse with too few credits, and run nothing', async () => {
      await sql(
        `select supanest.adjust_credits(id, -95, gen_random_uuid(), user_id, 'test') from supanest.profiles where user_id = $1`,
        [user.user?.id],
      );
      const answer = await user.get<{ detail?: string; error?: { detail: string } }>(`${prefix}/probe/ok`);
      expect(answer.status).toBe(403);
      expect(answer.body.detail ?? answer.body.error?.detail).toBe(
        'Insufficient credits for this operation.',
      );
      expect(JSON.stringify(answer.body)).toContain('INSUFFICIENT_CREDITS');
      expect(answer.headers.get('x-credits-charged')).toBe('0');
      expect(answer.headers.get('x-credits-remaining')).toBe('5');
      expect(probe.runs).toBe(0);
      expect(await balance()).toBe(5);
    });

    it.each(['403', '404', '409', '500', '503', 'unknown'])(
      'should give the charge back when the handler fails (%s)',
      async (how) => {
        const answer = await user.get(`${prefix}/probe/fail/${how}`);
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.headers.get('x-credits-charged')).toBe('0');
        expect(answer.headers.get('x-credits-remaining')).toBe('100');
        expect(probe.runs).toBe(1);
        const found = await sql<{ amount: string; gives_back: boolean }>(
          `select t.amount, c.amount = -t.amount as gives_back
           from supanest.credit_transactions t
           join supanest.profiles p on p.id = t.profile_id
           left join supanest.credit_transactions c on c.id = t.charge_id
           where p.user_id = $1 order by t.id`,
          [user.user?.id],
        );
        expect(found.map(({ amount }) => Number(amount))).toEqual([100, -10, 10]);
        expect(found.at(-1)?.gives_back).toBe(true);
        const { body } = await user.get<object>('/api/credits/transactions/summary');
        expect(body).toEqual({ total_added: 100, total_used: 0, current_balance: 100 });
      },
    );

    it('should give the charge back when the input is refused', async () => {
      const answer = await user.post(`${prefix}/probe/notes`, { note: 7 });
      expect(answer.status).toBe(prefix === '/api' ? 400 : 422);
      expect(answer.headers.get('x-credits-remaining')).toBe('100');
      expect(probe.runs).toBe(0);
      expect(await balance()).toBe(100);
    });
  });

  it('should use the most specific rate', async () => {
    const answer = await user.post('/api/probe/notes', { note: 'x' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-credits-charged')).toBe('25');
  });

  it('should give the charge back when a handler answers with an error by itself, and not otherwise', async () => {
    expect((await user.get('/api/probe/reply/200')).headers.get('x-credits-remaining')).toBe('90');
    expect((await user.get('/api/probe/reply/404')).headers.get('x-credits-remaining')).toBe('90');
    expect(await balance()).toBe(90);
  });

  it('should charge a HEAD request as the GET it is', async () => {
    const answer = await user.send('HEAD', '/api/probe/ok');
    expect([answer.status, answer.headers.get('x-credits-charged')]).toEqual([200, '10']);
    expect(await balance()).toBe(90);
  });

  it('should not be escaped by another spelling of the path', async () => {
    for (const path of ['/api/probe/%6fk', '/api/v1/probe/ok/', '/%61pi/probe/ok']) {
      const answer = await user.get(path);
      expect([answer.status, answer.headers.get('x-credits-charged')]).toEqual([200, '10']);
    }
    expect(await chargeFor('http://elsewhere.example/api/probe/ok')).toBe('10');
    expect(await chargeFor('/api/probe/ok#free')).toBe('10');
  });

  /** What a request costs whose target is no path alone: `fetch` would not send such a one. */
  async function chargeFor(target: string): Promise<string | undefined> {
    const { hostname, port } = new URL(api.url);
    const sent = request({
      hostname,
      port,
      path: target,
      headers: { authorization: `Bearer ${user.token ?? ''}` },
    });
    sent.end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return answer.headers['x-credits-charged'] as string | undefined;
  }

  it('should not charge administrators, and tell them so', async () => {
    const admin = await signUpAdmin(api.url);
    const answer = await admin.get('/api/probe/ok');
    expect(answer.headers.get('x-credits-charged')).toBe('0');
    expect(answer.headers.get('x-credits-remaining')).toBe('100');
  });

  it('should not charge who is refused before', async () => {
    expect((await new Caller(api.url).get('/api/probe/public')).status).toBe(200);
    await sql('update supanest.profiles set is_active = false where user_id = $1', [user.user?.id]);
    expect((await user.get('/api/probe/ok')).status).toBe(403);
    await sql('update supanest.profiles set is_active = true where user_id = $1', [user.user?.id]);
    await sql(
      `insert into supanest.request_counters
       select 'user:' || id, (now() at time zone 'utc')::date, 100, 100, 0, 0 from supanest.profiles where user_id = $1
       on conflict (subject, day) do update set requests = excluded.requests`,
      [user.user?.id],
    );
    const refused = await user.get('/api/probe/ok');
    expect([refused.status, refused.headers.get('x-credits-charged')]).toEqual([429, null]);
    const [profile] = await sql<{ balance: number }>(
      'select credits_balance::int as balance from supanest.profiles where user_id = $1',
      [user.user?.id],
    );
    expect(profile?.balance).toBe(100);
  });

  it('should let exactly one of many requests have the last credits', async () => {
    await sql(
      `select supanest.adjust_credits(id, -85, gen_random_uuid(), user_id, 'test') from supanest.profiles where user_id = $1`,
      [user.user?.id],
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => user.get('/api/probe/ok')));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 403),
    ]);
    expect(probe.runs).toBe(1);
    expect(await balance()).toBe(5);
  });

  it('should charge each of two requests with the same X-Request-Id', async () => {
    const headers = { 'x-request-id': 'the-same-for-both' };
    await Promise.all([user.get('/api/probe/ok', headers), user.get('/api/probe/ok', headers)]);
    expect(await balance()).toBe(80);
  });

  describe('streams', () => {
    it('should charge one that ends well', async () => {
      const answer = await user.get<string>('/api/probe/stream');
      expect(answer.body).toHaveLength(1_800);
      expect(answer.headers.get('x-credits-remaining')).toBe('90');
      expect(await balance()).toBe(90);
    });

    it('should give back one that breaks on our side', async () => {
      await expect(user.get('/api/probe/broken')).rejects.toThrow();
      await until(async () => (await balance()) === 100);
      expect(await rows()).toHaveLength(3);
    });

    it('should keep the charge when the client leaves', async () => {
      const leave = new AbortController();
      const response = await fetch(`${api.url}/api/probe/endless`, {
        headers: { authorization: `Bearer ${user.token ?? ''}` },
        signal: leave.signal,
      });
      await response.body?.getReader().read();
      leave.abort();
      expect(await balance()).toBe(90);
    });

    it('should settle once when the client leaves before the answer', async () => {
      const leave = new AbortController();
      const answer = fetch(`${api.url}/api/probe/slow`, {
        headers: { authorization: `Bearer ${user.token ?? ''}` },
        signal: leave.signal,
      });
      await until(() => probe.waiting.length > 0);
      leave.abort();
      await expect(answer).rejects.toThrow();
      probe.waiting.splice(0).forEach((goOn) => goOn());
      expect(await balance()).toBe(90);
      expect(await rows()).toHaveLength(2);
    });
  });
});
