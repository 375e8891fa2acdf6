import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD } from '../harness/caller.js';
import { envelopedClient, plainClient } from '../harness/typed-client.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** One user's way through the product, as a generated client takes it. What is not in the types does not compile. */
describe('a generated client', () => {
  it('should take a user from sign-up to sign-out, plainly', async () => {
    const stranger = plainClient(new Caller(api.url));
    const email = newEmail();
    const signedUp = await stranger.POST('/api/auth/signup', { body: { email, password: PASSWORD } });
    expect(signedUp.response.status).toBe(201);
    expect(signedUp.data).toMatchObject({ token_type: 'bearer', user: { email } });

    const login = await stranger.POST('/api/auth/login', { body: { email, password: PASSWORD } });
    const user = plainClient(new Caller(api.url, login.data?.access_token ?? ''));
    expect((await user.GET('/api/users/me')).data).toMatchObject({
      username: login.data?.user.id,
      profile: { subscription_tier: 'free', credits_balance: 100 },
    });
    expect((await user.GET('/api/credits')).data).toEqual({ credits: 100, subscription_tier: 'free' });
    const page = await user.GET('/api/credits/transactions', { params: { query: { limit: 10 } } });
    expect(page.data).toHaveLength(1);
    expect(page.data?.[0]).toMatchObject({ amount: 100, balance_after: 100, endpoint: null });

    const refreshed = await stranger.POST('/api/auth/refresh', {
      body: { refresh_token: login.data?.refresh_token ?? '' },
    });
    expect(refreshed.data?.refresh_token).not.toBe(login.data?.refresh_token);

    expect((await user.POST('/api/auth/logout')).data).toEqual({ message: 'Successfully logged out' });
    const refused = await user.GET('/api/credits');
    expect(refused.response.status).toBe(401);
    expect(refused.error).toMatchObject({ code: 'AUTHENTICATION_ERROR', title: 'Unauthorized' });
  });

  it('should take the same way enveloped', async () => {
    const stranger = envelopedClient(new Caller(api.url));
    const email = newEmail();
    const signedUp = await stranger.POST('/api/v1/auth/signup', {
      body: { email, password: '123456', confirm_password: '123456' },
    });
    expect(signedUp.response.status).toBe(200);
    expect(signedUp.data).toMatchObject({ success: true, data: { user: { email, email_confirmed: true } } });

    const user = envelopedClient(new Caller(api.url, signedUp.data?.data.access_token ?? ''));
    expect((await user.GET('/api/v1/auth/me')).data?.data).toMatchObject({ email });
    expect((await user.GET('/api/v1/credits')).data).toEqual({
      success: true,
      data: { credits: 100, subscription_tier: 'free' },
    });

    const mismatch = await stranger.POST('/api/v1/auth/signup', {
      body: { email: newEmail(), password: '123456', confirm_password: '654321' },
    });
    expect(mismatch.response.status).toBe(422);
    expect(mismatch.error).toMatchObject({ success: false, error: { detail: 'Passwords do not match' } });
  });

  it('should let an administrator price, grant and look', async () => {
    const caller = await signUpAdmin(api.url);
    const admin = plainClient(caller);
    const somebody = await plainClient(new Caller(api.url)).POST('/api/auth/signup', {
      body: { email: newEmail(), password: PASSWORD },
    });
    const id = somebody.data?.user.id ?? '';
    const granted = await admin.POST('/api/users/{id}/add_credits', {
      params: { path: { id } },
      body: { amount: 100, reason: 'A gift' },
    });
    expect(granted.data).toEqual({ message: `Added 100 credits to ${id}'s account`, new_balance: 200 });

    const changed = await admin.PATCH('/api/users/{id}', {
      params: { path: { id } },
      body: { subscription_tier: 'premium' },
    });
    expect(changed.data?.profile.subscription_tier).toBe('premium');

    const found = await admin.GET('/api/users', {
      params: { query: { email: somebody.data?.user.email ?? '' } },
    });
    expect(found.data?.map((user) => user.username)).toEqual([id]);
    expect(found.response.headers.get('x-total-count')).toBe('1');

    const tiers = await plainClient(new Caller(api.url)).GET('/api/tiers');
    expect(tiers.data).toContainEqual({ name: 'free', daily_requests: 100, signup_credits: 100 });
  });
});
