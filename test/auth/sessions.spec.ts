import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { MODES } from './modes.js';

interface Tokens {
  access_token: string;
  refresh_token: string;
}

describe.each(MODES)('$mode', ({ environment }) => {
  let api: Api;
  let other: Api;
  beforeAll(async () => {
    [api, other] = await Promise.all([startApi(environment), startApi(environment)]);
  });
  afterAll(() => Promise.all([api.close(), other.close()]));

  /** Another session of the same user. */
  const signInAgain = async ({ user }: Caller): Promise<Caller> => {
    const { body } = await new Caller(api.url).post<Tokens>('/api/auth/login', {
      email: user?.email,
      password: PASSWORD,
    });
    if (!user) throw new Error('nobody');
    return new Caller(api.url, body.access_token, { ...user, refreshToken: body.refresh_token });
  };
  const statusOf = async (caller: Caller): Promise<number> => (await caller.get('/api/auth/me')).status;
  const refreshStatus = async (caller: Caller): Promise<number> =>
    (await new Caller(api.url).post('/api/auth/refresh', { refresh_token: caller.user?.refreshToken }))
      .status;

  describe('GET /auth/me, /auth/session and /user', () => {
    let caller: Caller;
    beforeAll(async () => {
      caller = await signUp(api.url);
    });

    it('/auth/me is the same in both representations', async () => {
      const plain = await caller.get<object>('/api/auth/me');
      expect(plain).toMatchObject({
        status: 200,
        body: { id: caller.user?.id, email: caller.user?.email, email_confirmed: true },
      });
      expect(Object.keys(plain.body).sort()).toEqual([
        'created_at',
        'email',
        'email_confirmed',
        'id',
        'last_sign_in',
      ]);
      const enveloped = await caller.get('/api/v1/auth/me/');
      expect(enveloped.body).toEqual({ success: true, data: plain.body });
    });

    it('/auth/session shows the token that came', async () => {
      const session = { access_token: caller.token, token_type: 'bearer' };
      const plain = await caller.get<{ user: object }>('/api/auth/session');
      expect(plain).toMatchObject({ status: 200, body: { session, user: { id: caller.user?.id } } });
      expect(plain.body.user).toHaveProperty('email_confirmed_at');
      const enveloped = await caller.get<{ data: { user: object } }>('/api/v1/auth/session');
      expect(enveloped.body).toMatchObject({
        success: true,
        data: { session, user: { email_confirmed: true } },
      });
    });

    it('/user shows number, roles and claims', async () => {
      const plain = await caller.get('/api/user/');
      expect(plain.status).toBe(200);
      expect(plain.body).toEqual({
        id: expect.any(Number) as unknown,
        username: caller.user?.id,
        email: caller.user?.email,
        supabase_id: caller.user?.id,
        roles: ['authenticated'],
        claims: jwt.decode(String(caller.token)),
        supabase_data: expect.objectContaining({ id: caller.user?.id, aud: 'authenticated' }) as unknown,
      });
      await expect(caller.get('/api/v1/user')).resolves.toMatchObject({
        status: 200,
        body: { success: true, data: plain.body },
      });
      const admin = await signUpAdmin(api.url);
      await expect(admin.get('/api/user')).resolves.toMatchObject({
        body: { roles: ['authenticated', 'admin'] },
      });
    });

    it.each(['/auth/me', '/auth/session', '/user'])(
      '%s: 401 without a token and with a bad one',
      async (path) => {
        for (const token of [undefined, 'x', 'x.y.z', `${String(caller.token)}x`]) {
          const stranger = new Caller(api.url, token);
          const plain = await stranger.get(`/api${path}`);
          expect(plain).toMatchObject({ status: 401, body: { code: 'AUTHENTICATION_ERROR' } });
          expect(plain.headers.get('www-authenticate')).toMatch(/^Bearer/);
          await expect(stranger.get(`/api/v1${path}`)).resolves.toMatchObject({
            status: 401,
            body: { success: false, error: { error_code: 'AUTHENTICATION_ERROR' } },
          });
        }
      },
    );
  });

  describe('POST /auth/logout and /logout', () => {
    it.each([
      ['/api/auth/logout', { message: 'Successfully logged out' }],
      ['/api/v1/auth/logout', { success: true, data: { message: 'Successfully logged out' } }],
      ['/api/logout', { message: 'Logged out successfully' }],
      ['/api/v1/logout/', { success: true, data: { message: 'Logged out successfully' } }],
    ])('%s ends the session at once, on every replica, and at Supabase', async (path, body) => {
      const caller = await signUp(api.url);
      const elsewhere = new Caller(other.url, caller.token);
      expect(await statusOf(elsewhere)).toBe(200);
      const answer = await caller.post(path);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(body);
      expect(await statusOf(elsewhere)).toBe(401);
      expect(await statusOf(caller)).toBe(401);
      await expect(elsewhere.get('/api/credits')).resolves.toMatchObject({ status: 401 });
      expect(await refreshStatus(caller)).toBe(401);
      const claims = jwt.decode(String(caller.token), { json: true });
      const sessionId: unknown = claims?.session_id ?? claims?.sid;
      await expect(sql('select from auth.sessions where id = $1', [sessionId])).resolves.toHaveLength(0);
      await expect(sql('select from supanest.credentials where id = $1', [sessionId])).resolves.toHaveLength(
        0,
      );
      // A second time there is nobody to sign out.
      await expect(caller.post(path)).resolves.toMatchObject({ status: 401 });
    });

    it('local leaves the other sessions alone', async () => {
      const first = await signUp(api.url);
      const second = await signInAgain(first);
      await expect(first.post('/api/auth/logout?scope=local')).resolves.toMatchObject({ status: 200 });
      expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
      expect(await refreshStatus(second)).toBe(200);
    });

    it('global ends them all', async () => {
      const first = await signUp(api.url);
      const second = await signInAgain(first);
      const bystander = await signUp(api.url);
      expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
      await expect(first.post('/api/auth/logout?scope=global')).resolves.toMatchObject({ status: 200 });
      expect([await statusOf(first), await statusOf(second), await statusOf(bystander)]).toEqual([
        401, 401, 200,
      ]);
      expect([await refreshStatus(first), await refreshStatus(second)]).toEqual([401, 401]);
    });

    it('others ends all but this one', async () => {
      const first = await signUp(api.url);
      const second = await signInAgain(first);
      const third = await signInAgain(first);
      await expect(second.post('/api/v1/auth/logout?scope=others')).resolves.toMatchObject({ status: 200 });
      expect([await statusOf(first), await statusOf(second), await statusOf(third)]).toEqual([401, 200, 401]);
      expect([await refreshStatus(first), await refreshStatus(second)]).toEqual([401, 200]);
    });

    it('refuses another scope, and does nothing then', async () => {
      const caller = await signUp(api.url);
      await expect(caller.post('/api/auth/logout?scope=all')).resolves.toMatchObject({ status: 400 });
      await expect(caller.post('/api/v1/auth/logout?scope=')).resolves.toMatchObject({ status: 422 });
      expect(await statusOf(caller)).toBe(200);
    });

    it('many at once: no failure', async () => {
      const caller = await signUp(api.url);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => caller.post('/api/v1/auth/logout?scope=global')),
      );
      // Whoever comes after the first is signed out already, or was let in together with it.
      expect(answers.filter(({ status }) => status !== 200 && status !== 401)).toEqual([]);
      expect(await statusOf(caller)).toBe(401);
    });

    it('needs a token', async () => {
      await expect(new Caller(api.url).post('/api/auth/logout')).resolves.toMatchObject({ status: 401 });
    });
  });

  it('a session that Supabase itself has ended is refused, too', async () => {
    const caller = await signUp(api.url);
    expect(await statusOf(caller)).toBe(200);
    await sql('delete from auth.sessions where user_id = $1', [caller.user?.id]);
    expect(await statusOf(caller)).toBe(401);
    expect(await refreshStatus(caller)).toBe(401);
  });

  it('a user who was deleted is refused', async () => {
    const caller = await signUp(api.url);
    expect(await statusOf(caller)).toBe(200);
    await sql('delete from auth.users where id = $1', [caller.user?.id]);
    expect(await statusOf(caller)).toBe(401);
    await expect(caller.get('/api/user')).resolves.toMatchObject({ status: 401 });
    expect(await refreshStatus(caller)).toBe(401);
  });

  describe('PUT /auth/session-data', () => {
    it('merges into the metadata', async () => {
      const caller = await signUp(api.url);
      await caller.put('/api/auth/session-data', { data: { theme: 'dark', nested: { a: [1, null] } } });
      const plain = await caller.put('/api/auth/session-data', { data: { theme: 'light', ключ: '🙂' } });
      expect(plain).toMatchObject({
        status: 200,
        body: {
          id: caller.user?.id,
          user_metadata: { theme: 'light', nested: { a: [1, null] }, ключ: '🙂' },
        },
      });
      expect(plain.body).toHaveProperty('email_confirmed_at');
      const enveloped = await caller.put('/api/v1/auth/session-data', { data: {} });
      expect(enveloped).toMatchObject({
        status: 200,
        body: { success: true, data: { email_confirmed: true, user_metadata: { theme: 'light' } } },
      });
    });

    it.each([
      {},
      { data: null },
      { data: [] },
      { data: 'x' },
      { data: { a: 'nul\u0000' } },
      { data: {}, role: 'admin' },
      [],
    ])('refuses %j', async (body) => {
      const caller = await signUp(api.url);
      await expect(caller.put('/api/auth/session-data', body)).resolves.toMatchObject({ status: 400 });
      await expect(caller.put('/api/v1/auth/session-data', body)).resolves.toMatchObject({ status: 422 });
    });

    it('makes nobody an administrator', async () => {
      const caller = await signUp(api.url);
      await caller.put('/api/auth/session-data', {
        data: { role: 'admin', roles: ['admin'], is_admin: true },
      });
      await expect(caller.get('/api/users')).resolves.toMatchObject({ status: 403 });
    });

    it('refuses JSON that is nested without end', async () => {
      const caller = await signUp(api.url);
      const body = `{"data":{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
      await expect(caller.put('/api/auth/session-data', body)).resolves.toMatchObject({ status: 400 });
    });
  });

  describe('PUT /auth/password', () => {
    it('changes it, ends the other sessions, keeps this one', async () => {
      const caller = await signUp(api.url);
      const second = await signInAgain(caller);
      const answer = await caller.put('/api/auth/password', {
        current_password: PASSWORD,
        new_password: 'a new password',
      });
      expect(answer).toMatchObject({ status: 200, body: { message: 'Password updated' } });
      expect([await statusOf(caller), await statusOf(second)]).toEqual([200, 401]);
      const signIn = (password: string) =>
        new Caller(api.url).post('/api/auth/login', { email: caller.user?.email, password });
      await expect(signIn(PASSWORD)).resolves.toMatchObject({ status: 401 });
      await expect(signIn('a new password')).resolves.toMatchObject({ status: 200 });
      const enveloped = await caller.put('/api/v1/auth/password', {
        current_password: 'a new password',
        new_password: '123456',
      });
      expect(enveloped).toMatchObject({
        status: 200,
        body: { success: true, data: { message: 'Password updated' } },
      });
    });

    it('refuses a wrong current one as an invalid request, and leaves no session behind', async () => {
      const caller = await signUp(api.url);
      const body = { current_password: 'a wrong password', new_password: 'a new password' };
      await expect(caller.put('/api/auth/password', body)).resolves.toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_ERROR', errors: [{ field: 'current_password' }] },
      });
      await expect(caller.put('/api/v1/auth/password', body)).resolves.toMatchObject({
        status: 422,
        body: { success: false, error: { error_code: 'VALIDATION_ERROR' } },
      });
      const same = { current_password: PASSWORD, new_password: PASSWORD };
      await expect(caller.put('/api/auth/password', same)).resolves.toMatchObject({ status: 400 });
      await expect(
        sql('select from auth.sessions where user_id = $1', [caller.user?.id]),
      ).resolves.toHaveLength(1);
      expect(await statusOf(caller)).toBe(200);
    });

    it.each([
      {},
      { current_password: PASSWORD },
      { current_password: PASSWORD, new_password: '12345' },
      { current_password: '', new_password: 'a new password' },
      { current_password: PASSWORD, new_password: 'x'.repeat(73) },
      { current_password: PASSWORD, new_password: 12345678 },
      { current_password: PASSWORD, new_password: 'a new password', email: 'x@example.com' },
    ])('refuses %j', async (body) => {
      const caller = await signUp(api.url);
      await expect(caller.put('/api/auth/password', body)).resolves.toMatchObject({ status: 400 });
      await expect(caller.put('/api/v1/auth/password', body)).resolves.toMatchObject({ status: 422 });
    });

    it('limits guessing the current one, from however many addresses', async () => {
      const strict = await startApi({ ...environment, GUESSING_LIMIT_PER_EMAIL: '3' });
      try {
        const { token } = await signUp(strict.url);
        const statuses: number[] = [];
        for (let attempt = 0; attempt < 5; attempt += 1) {
          const body = { current_password: `guess ${attempt}`, new_password: 'a new password' };
          statuses.push((await new Caller(strict.url, token).put('/api/auth/password', body)).status);
        }
        expect(statuses).toEqual([400, 400, 400, 429, 429]);
      } finally {
        await strict.close();
      }
    });

    it('plain wants 8 characters, enveloped 6', async () => {
      const caller = await signUp(api.url);
      const body = { current_password: PASSWORD, new_password: '1234567' };
      await expect(caller.put('/api/auth/password', body)).resolves.toMatchObject({ status: 400 });
      await expect(caller.put('/api/v1/auth/password', body)).resolves.toMatchObject({ status: 200 });
    });
  });
});
