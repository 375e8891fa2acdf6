import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';

let api: Api;
beforeAll(async () => {
  api = await startApi({ LOG_LEVEL: 'trace' });
});
afterAll(() => api.close());

describe('the log', () => {
  it('should say which request, route, status, time and actor', async () => {
    const user = await signUp(api.url);
    const answer = await user.get('/api/users/me?secret=in-the-query', { 'x-request-id': 'the-request-42' });
    expect(answer.status).toBe(200);
    const line = api.log
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find((entry) => entry.request_id === 'the-request-42');
    expect(line).toMatchObject({
      msg: 'request',
      method: 'GET',
      route: '/api/users/me',
      status: 200,
      duration_ms: expect.any(Number),
      actor_id: (answer.body as { id: number }).id,
    });
  });

  it('should never hold a body, a password, a token, a cookie or a key, even at its loudest', async () => {
    const user = await signUp(api.url, newEmail(), 'a-password-to-look-for');
    const stranger = new Caller(api.url);
    await stranger.post('/api/auth/login', {
      email: user.user?.email,
      password: 'a-wrong-password-to-look-for',
    });
    await stranger.post('/api/auth/refresh', { refresh_token: user.user?.refreshToken });
    await stranger.post('/api/auth/refresh', { refresh_token: 'a-refresh-token-to-look-for' });
    await stranger.post('/api/auth/login', '{"password": "a-broken-body-to-look-for', {});
    await user.put('/api/auth/password', {
      current_password: 'a-current-to-look-for',
      new_password: 'a-new-to-look-for',
    });
    await user.get('/api/credits', { cookie: 'session=a-cookie-to-look-for' });
    await new Caller(api.url, 'a.token.to-look-for').get('/api/credits');
    await stranger.send('GET', '/api/credits?access_token=a-query-to-look-for');
    await user.put('/api/auth/session-data', { data: { note: 'a-note-to-look-for' } });
    await user.post('/api/auth/logout');

    const supabase = supabaseUnderTest();
    const secrets = [
      'to-look-for',
      PASSWORD,
      user.token ?? '',
      user.user?.refreshToken ?? '',
      supabase.secretKey,
      supabase.serviceRoleKey,
      supabase.jwtSecret,
    ];
    const text = api.log.join('');
    expect(api.log.length).toBeGreaterThan(10);
    for (const secret of secrets) {
      expect(secret).not.toBe('');
      expect(text.includes(secret) ? `the log holds ${secret}` : 'clean').toBe('clean');
    }
  });
});
