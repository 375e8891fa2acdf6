import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

let api: Api;
let admin: Caller;

beforeAll(async () => {
  api = await startApi();
  admin = await signUpAdmin(api.url);
});
afterAll(() => api.close());

describe.each(representations)('$prefix/tiers', ({ prefix, invalid }) => {
  const at = (name = ''): string => `${prefix}/tiers${name === '' ? '' : `/${name}`}`;

  it('should tell everybody what each tier gives', async () => {
    const tiers = resourceOf<{ name: string }[]>(await new Caller(api.url).get(at()));
    // Suites that run beside this one change the last two for a while.
    expect(tiers).toEqual([
      { name: 'anonymous', daily_requests: 100, signup_credits: expect.any(Number) },
      { name: 'free', daily_requests: 100, signup_credits: 100 },
      { name: 'basic', daily_requests: 1000, signup_credits: expect.any(Number) },
      { name: 'premium', daily_requests: expect.any(Number), signup_credits: expect.any(Number) },
      { name: 'enterprise', daily_requests: expect.any(Number), signup_credits: expect.any(Number) },
    ]);
  });

  it('should change one, for the next request of its users', async () => {
    const user = await signUp(api.url);
    await admin.patch(`/api/users/${user.user?.id ?? ''}`, { subscription_tier: 'enterprise' });
    const changed = resourceOf(await admin.patch(at('enterprise'), { daily_requests: 7777 }));
    expect(changed).toMatchObject({ name: 'enterprise', daily_requests: 7777 });
    expect((await user.get('/api/credits')).headers.get('x-ratelimit-limit')).toBe('7777');
    await admin.patch(at('enterprise'), { daily_requests: 10_000 });
    expect((await user.get('/api/credits')).headers.get('x-ratelimit-limit')).toBe('10000');
  });

  it.each([
    [{ daily_requests: -1 }],
    [{ daily_requests: 1.5 }],
    [{ daily_requests: '5' }],
    [{ daily_requests: null }],
    [{ daily_requests: 1e12 }],
    [{ signup_credits: -1 }],
    [{ name: 'gold' }],
    [[]],
  ])('should refuse %j', async (change) => {
    expect(errorOf(await admin.patch(at('basic'), change))).toMatchObject({
      status: invalid,
      code: 'VALIDATION_ERROR',
    });
  });

  it('should know no other tiers', async () => {
    expect((await admin.patch(at('gold'), { daily_requests: 1 })).status).toBe(404);
    expect((await admin.patch(at('GOLD!'), { daily_requests: 1 })).status).toBe(invalid);
  });

  it('should be for administrators, but for reading', async () => {
    const user = await signUp(api.url);
    expect((await user.patch(at('basic'), { daily_requests: 1 })).status).toBe(403);
    expect((await new Caller(api.url).patch(at('basic'), { daily_requests: 1 })).status).toBe(401);
  });
});
