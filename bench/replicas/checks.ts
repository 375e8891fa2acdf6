import type { BenchDatabase } from '../hot-path/database.ts';
import type { Aim } from '../pressure/aims.ts';

/** Where the checks ask, and whom they may use: users whom nobody else uses. */
export interface Scene {
  url: string;
  database: BenchDatabase;
  /** Places in `database.tokens`. */
  users: readonly [number, number, number, number, number];
}

const COUNTED = '/api/bench/counted';
const METERED = '/api/bench/metered';
const AT_ONCE = 50;
const DAILY = 400;
const CREDITS = 300;

/** What has to hold over all processes, whatever else they are doing. */
export async function check({ url, database, users }: Scene): Promise<Aim[]> {
  const { sql, tokens } = database;
  const [byQuota, byCredits, byTier, leaver, admin] = users.map((place) => ({
    token: tokens[place] ?? '',
    email: `${String(place)}@example.com`,
  }));
  if (!byQuota || !byCredits || !byTier || !leaver || !admin) throw new Error('Five users are needed');

  /** So many requests, many at a time. */
  const ask = async (
    count: number,
    token: string,
    path: string,
    init: { method?: string; body?: string } = {},
  ): Promise<Response[]> => {
    const answers: Response[] = [];
    const one = async (): Promise<void> => {
      while (count > 0) {
        count -= 1;
        const answer = await fetch(url + path, {
          ...init,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        });
        await answer.arrayBuffer();
        answers.push(answer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    return answers;
  };
  const change = async (method: string, path: string, body: object): Promise<void> => {
    const [answer] = await ask(1, admin.token, path, { method, body: JSON.stringify(body) });
    if (!answer?.ok) throw new Error(`${method} ${path} answered ${String(answer?.status)}`);
  };
  const profileOf = async (email: string): Promise<number> =>
    Number((await sql('select id from supanest.profiles where email = $1', [email]))[0]?.id);
  const aim = (what: string, found: Record<string, unknown>, expected: Record<string, unknown>): Aim => ({
    aim: what,
    found: Object.entries(found)
      .map(([name, value]) => `${name}: ${String(value)}`)
      .join(', '),
    reached: JSON.stringify(found) === JSON.stringify(expected),
  });
  const countOf = (answers: readonly Response[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;
  const valuesOf = (answers: readonly Response[], header: string): string =>
    [...new Set(answers.map((answer) => answer.headers.get(header)))].join(' or ');

  await sql(`update supanest.profiles set role = 'admin' where email = $1`, [admin.email]);
  const found: Aim[] = [];

  await sql(`update supanest.tiers set daily_requests = $1 where name = 'basic'`, [DAILY]);
  await change('PATCH', `/api/users/${String(await profileOf(byQuota.email))}`, {
    subscription_tier: 'basic',
  });
  const quota = await ask(DAILY + 100, byQuota.token, COUNTED);
  found.push(
    aim(
      `of ${String(DAILY + 100)} requests with a quota of ${String(DAILY)}, so many pass`,
      { passed: countOf(quota, 200), refused: countOf(quota, 429) },
      { passed: DAILY, refused: 100 },
    ),
  );

  const spender = await profileOf(byCredits.email);
  await sql(
    `select supanest.adjust_credits($1, $2 - credits_balance, gen_random_uuid(), gen_random_uuid(), 'so much is left')
     from supanest.profiles where id = $1`,
    [spender, CREDITS],
  );
  const spent = await ask(CREDITS + 100, byCredits.token, METERED);
  const [ledger] = await sql(
    `select count(*) filter (where t.kind = 'charge')::int as charges, max(p.credits_balance)::int as balance
     from supanest.profiles p join supanest.credit_transactions t on t.profile_id = p.id where p.id = $1`,
    [spender],
  );
  found.push(
    aim(
      `of ${String(CREDITS + 100)} requests with ${String(CREDITS)} credits, so many are charged`,
      { passed: countOf(spent, 200), refused: countOf(spent, 403), ...ledger },
      { passed: CREDITS, refused: 100, charges: CREDITS, balance: 0 },
    ),
  );

  const rate = Number(
    (await sql('select id from supanest.credit_usage_rates where endpoint_path = $1', [METERED]))[0]?.id,
  );
  await change('PATCH', `/api/credits/rates/${String(rate)}`, { credits_per_request: 3 });
  const dearer = await ask(200, byTier.token, METERED);
  await change('PATCH', `/api/credits/rates/${String(rate)}`, { credits_per_request: 1 });
  const cheaper = await ask(200, byTier.token, METERED);
  const prices = {
    then: valuesOf(dearer, 'x-credits-charged'),
    again: valuesOf(cheaper, 'x-credits-charged'),
  };
  found.push(aim('a changed price holds from the next request on', prices, { then: '3', again: '1' }));

  await change('PATCH', `/api/users/${String(await profileOf(byTier.email))}`, {
    subscription_tier: 'premium',
  });
  const tier = valuesOf(await ask(200, byTier.token, COUNTED), 'x-ratelimit-limit');
  await change('PATCH', '/api/tiers/premium', { daily_requests: 4_321 });
  const limit = valuesOf(await ask(200, byTier.token, COUNTED), 'x-ratelimit-limit');
  found.push(
    aim('so does a changed tier, of a user and as such', { tier, limit }, { tier: '5000', limit: '4321' }),
  );

  const before = countOf(await ask(100, leaver.token, COUNTED), 200);
  // The enveloped sign-out answers 200 even where Supabase itself cannot be reached, as here.
  const [left] = await ask(1, leaver.token, '/api/v1/auth/logout', { method: 'POST', body: '{}' });
  const refused = countOf(await ask(200, leaver.token, COUNTED), 401);
  found.push(
    aim(
      'so does a sign-out',
      { before, signedOut: left?.status, refused },
      { before: 100, signedOut: 200, refused: 200 },
    ),
  );

  const broken = await sql('select * from supanest.ledger_violations()');
  found.push(aim('the ledger is sound', { violations: broken.length }, { violations: 0 }));
  return found;
}
