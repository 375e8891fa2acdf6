import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

interface User {
  id: number;
  username: string;
  email: string;
  profile: { supabase_uid: string; subscription_tier: string; credits_balance: number };
}

let api: Api;
let admin: Caller;
let user: Caller;
let uuid: string;

beforeAll(async () => {
  api = await startApi();
  admin = await signUpAdmin(api.url);
  // So that no test meets the last administrator by chance.
  await signUpAdmin(api.url);
});
afterAll(() => api.close());

/** Most tests look at the same user; those that change him take a new one first. */
async function somebodyNew(): Promise<void> {
  user = await signUp(api.url);
  uuid = user.user?.id ?? '';
}

const grantsOf = (userId: string) =>
  sql<{ amount: string; actor: string | null; reason: string | null; description: string }>(
    `select t.amount, t.actor, t.reason, t.description from supanest.credit_transactions t
     join supanest.profiles p on p.id = t.profile_id where p.user_id = $1 order by t.id`,
    [userId],
  );

describe.each(representations)('$prefix/users', ({ prefix, invalid }) => {
  const at = (path: string): string => `${prefix}/users${path}`;

  beforeAll(() => somebodyNew());

  it('should tell a user who he is', async () => {
    const me = resourceOf<User>(await user.get(at('/me/')));
    expect(me).toMatchObject({
      username: uuid,
      email: user.user?.email,
      profile: { supabase_uid: uuid, subscription_tier: 'free', credits_balance: 100 },
    });
    expect(Number.isInteger(me.id)).toBe(true);
    expect(Object.keys(me).sort()).toEqual(['email', 'id', 'profile', 'username']);
    expect(Object.keys(me.profile).sort()).toEqual([
      'created_at',
      'credits_balance',
      'subscription_tier',
      'supabase_uid',
      'updated_at',
    ]);
  });

  it('should show an administrator a user by number and by uuid', async () => {
    const byUuid = resourceOf<User>(await admin.get(at(`/${uuid.toUpperCase()}`)));
    const byNumber = resourceOf<User>(await admin.get(at(`/${String(byUuid.id)}`)));
    expect(byNumber).toEqual(byUuid);
    expect(byNumber.username).toBe(uuid);
  });

  it.each([
    ['GET', ''],
    ['GET', '/:id'],
    ['PATCH', '/:id'],
    ['POST', '/:id/add_credits'],
    ['GET', '/supabase_users'],
    ['POST', '/supabase_users'],
    ['GET', '/supabase_users/:id'],
    ['PATCH', '/supabase_users/:id'],
    ['DELETE', '/supabase_users/:id'],
    ['GET', '/supabase_users/:id/identities'],
  ])('should refuse %s %s to a user, also for himself', async (method, path) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const answer = await user.send(method, at(path.replace(':id', uuid)), body);
    expect(errorOf(answer)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    const stranger = await new Caller(api.url).send(method, at(path.replace(':id', uuid)), body);
    expect(errorOf(stranger)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' });
  });

  it('should list users in pages', async () => {
    const page = await admin.get(at('?limit=1&offset=1'));
    expect(resourceOf<User[]>(page)).toHaveLength(1);
    const total = Number(page.headers.get('x-total-count'));
    expect(total).toBeGreaterThanOrEqual(3);
    const links = page.headers.get('link') ?? '';
    for (const relation of ['first', 'prev', 'next', 'last']) expect(links).toContain(`rel="${relation}"`);
    const next = /<([^>]+)>; rel="next"/.exec(links)?.[1] ?? '';
    expect(new URL(next).pathname).toBe(at(''));
    const following = await admin.get(next.replace(api.url, ''));
    expect(resourceOf<User[]>(following)[0]?.id).toBeGreaterThan(resourceOf<User[]>(page)[0]?.id ?? 0);

    // Others sign up meanwhile, but not that many.
    const beyond = await admin.get(at(`?limit=2&offset=${String(total + 10_000)}`));
    expect(resourceOf<User[]>(beyond)).toEqual([]);
    expect(beyond.headers.get('link')).not.toContain('rel="next"');
  });

  it('should filter users by e-mail and tier', async () => {
    const email = user.user?.email ?? '';
    const found = await admin.get(at(`?email=${encodeURIComponent(email.toUpperCase())}&tier=free`));
    expect(resourceOf<User[]>(found).map(({ username }) => username)).toEqual([uuid]);
    expect(found.headers.get('x-total-count')).toBe('1');
    const pattern = encodeURIComponent(`${email.slice(0, 20)}*`);
    expect(resourceOf<User[]>(await admin.get(at(`?email=${pattern}`)))).toHaveLength(1);
    expect(resourceOf(await admin.get(at(`?email=${encodeURIComponent(email)}&tier=basic`)))).toEqual([]);
    expect(resourceOf(await admin.get(at('?email=%25')))).toEqual([]);
  });

  it('should change tier, role and activity at once, and write down who did', async () => {
    await somebodyNew();
    expect(
      resourceOf<User>(await admin.patch(at(`/${uuid}`), { subscription_tier: 'basic' })).profile,
    ).toMatchObject({ subscription_tier: 'basic', credits_balance: 100 });
    const credits = await user.get('/api/credits');
    expect(credits.body).toEqual({ credits: 100, subscription_tier: 'basic' });
    expect(credits.headers.get('x-ratelimit-limit')).toBe('1000');

    await admin.patch(at(`/${uuid}`), { role: 'admin' });
    expect((await user.get(at(''))).status).toBe(200);
    await admin.patch(at(`/${uuid}`), { role: 'user' });
    expect((await user.get(at(''))).status).toBe(403);

    await admin.patch(at(`/${uuid}`), { is_active: false });
    expect(errorOf(await user.get('/api/credits'))).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    await admin.patch(at(`/${uuid}`), { is_active: true });
    expect((await user.get('/api/credits')).status).toBe(200);

    const changes = await sql<{ actor: string; after: object }>(
      `select c.actor, c.after from supanest.profile_changes c
       join supanest.profiles p on p.id = c.profile_id where p.user_id = $1 order by c.id`,
      [uuid],
    );
    expect(changes.map(({ after }) => after)).toEqual([
      { subscription_tier: 'basic' },
      { role: 'admin' },
      { role: 'user' },
      { is_active: false },
      { is_active: true },
    ]);
    expect(new Set(changes.map(({ actor }) => actor))).toEqual(new Set([admin.user?.id]));
  });

  it.each([
    [{ subscription_tier: 'gold' }],
    [{ subscription_tier: 'anonymous' }],
    [{ subscription_tier: null }],
    [{ role: 'root' }],
    [{ role: null }],
    [{ is_active: 'no' }],
    [{ credits_balance: 1_000_000 }],
    [{ email: 'other@example.com' }],
    [[]],
    ['{"role": "admin"'],
  ])('should refuse the change %j', async (change) => {
    const before = resourceOf(await admin.get(at(`/${uuid}`)));
    const answer = await admin.patch(at(`/${uuid}`), change);
    expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    expect(resourceOf(await admin.get(at(`/${uuid}`)))).toEqual(before);
  });

  it.each([
    ['abc', 'invalid'],
    ['0', 'invalid'],
    ['-1', 'invalid'],
    ['1.5', 'invalid'],
    ['%00', 'invalid'],
    ['99999999999999999999', 'invalid'],
    ['2147483648', 404],
    ['2147483647', 404],
    [randomUUID(), 404],
  ])('should answer a bad id: %s', async (id, expected) => {
    const status = expected === 'invalid' ? invalid : expected;
    expect((await admin.get(at(`/${id}`))).status).toBe(status);
    expect((await admin.patch(at(`/${id}`), { is_active: true })).status).toBe(status);
    expect((await admin.post(at(`/${id}/add_credits`), { amount: 1 })).status).toBe(status);
  });

  it('should add credits, as one ledger row that names the administrator', async () => {
    await somebodyNew();
    const answer = await admin.post(at(`/${uuid}/add_credits/`), { amount: 100, reason: 'Goodwill' });
    expect(answer.status).toBe(200);
    expect(resourceOf(answer)).toEqual({
      message: `Added 100 credits to ${uuid}'s account`,
      new_balance: 200,
    });
    const [signup, grant, ...others] = await grantsOf(uuid);
    expect(signup).toMatchObject({ amount: '100', actor: null });
    expect(grant).toMatchObject({ amount: '100', actor: admin.user?.id, reason: 'Goodwill' });
    expect(others).toEqual([]);
  });

  it.each([
    [{ amount: 0 }],
    [{ amount: -5 }],
    [{ amount: 1.5 }],
    [{ amount: '100' }],
    [{ amount: true }],
    [{ amount: null }],
    [{ amount: [100] }],
    [{ amount: 1e300 }],
    ['{"amount": 9007199254740993}'],
    ['{"amount": 1e999}'],
    ['{"amount": NaN}'],
    [{}],
    [{ amount: 1, reason: 'x'.repeat(501) }],
    [{ amount: 1, reason: 'a\u0000b' }],
    [{ amount: 1, new_balance: 5 }],
  ])('should refuse to add %j', async (body) => {
    const before = await grantsOf(uuid);
    const answer = await admin.post(at(`/${uuid}/add_credits`), body);
    expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    expect(await grantsOf(uuid)).toEqual(before);
  });
});
