import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp, type Answer } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

interface Transaction {
  id: number;
  username: string;
  amount: number;
  balance_after: number;
  description: string;
  endpoint: string | null;
  created_at: string;
}

let api: Api;
let user: Caller;

beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  user = await signUp(api.url);
});
afterAll(() => api.close());

/** Moves credits as the ledger does. */
const post = (call: string) =>
  sql(`select ${call} from supanest.profiles where user_id = $1`, [user.user?.id]);
const charge = (amount: number): string =>
  `supanest.charge(id, ${String(amount)}, gen_random_uuid(), '/api/resource/')`;

describe.each(representations)('$prefix/credits', ({ prefix, invalid }) => {
  it('should tell the balance and the tier', async () => {
    for (const path of ['/credits', '/credits/']) {
      expect(resourceOf(await user.get(`${prefix}${path}`))).toEqual({
        credits: 100,
        subscription_tier: 'free',
      });
    }
  });

  it.each(['/credits', '/credits/transactions', '/credits/transactions/summary', '/credits/rates'])(
    'should ask for a token at %s',
    async (path) => {
      const answer = await new Caller(api.url).get(`${prefix}${path}`);
      expect(errorOf(answer)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' });
    },
  );

  it('should list what was moved, newest first', async () => {
    await post(charge(1));
    const [use, signup, ...others] = resourceOf<Transaction[]>(
      await user.get(`${prefix}/credits/transactions/`),
    );
    expect(use).toEqual({
      id: expect.any(Number),
      username: user.user?.id,
      amount: -1,
      balance_after: 99,
      description: 'API request to /api/resource/',
      endpoint: '/api/resource/',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(signup).toMatchObject({ amount: 100, balance_after: 100, endpoint: null });
    expect(others).toEqual([]);
  });

  it('should show nobody the rows of others', async () => {
    const other = await signUp(api.url);
    const rows = resourceOf<Transaction[]>(await other.get(`${prefix}/credits/transactions?limit=1000`));
    expect(rows.map(({ username }) => username)).toEqual([other.user?.id]);
  });

  it('should page through all rows by the Link header, each once', async () => {
    for (let index = 0; index < 6; index += 1) await post(charge(1));
    const ids: number[] = [];
    let path: string | undefined = `${prefix}/credits/transactions?limit=3`;
    let pages = 0;
    while (path !== undefined) {
      const page: Answer = await user.get(path);
      ids.push(...resourceOf<Transaction[]>(page).map(({ id }) => id));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]?.replace(api.url, '');
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(ids).toHaveLength(7);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
  });

  it.each([
    '?limit=0',
    '?limit=1001',
    '?limit=x',
    '?limit=1.5',
    '?cursor=0',
    '?cursor=x',
    '?cursor=9e99',
    '?page=1',
  ])('should refuse %s', async (query) => {
    const answer = await user.get(`${prefix}/credits/transactions${query}`);
    expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
  });

  it('should sum up what came in and what went out, net of refunds', async () => {
    await post(charge(10));
    await post(charge(5));
    await sql(
      `select supanest.refund(t.profile_id, t.operation_id, 'test') from supanest.credit_transactions t
       join supanest.profiles p on p.id = t.profile_id where p.user_id = $1 and t.amount = -5`,
      [user.user?.id],
    );
    await post('supanest.grant_credits(id, 50, gen_random_uuid())');
    expect(resourceOf(await user.get(`${prefix}/credits/transactions/summary/`))).toEqual({
      total_added: 150,
      total_used: 10,
      current_balance: 140,
    });
  });
});
