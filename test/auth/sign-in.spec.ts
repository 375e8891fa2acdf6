import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { MODES } from './modes.js';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const plainUser = (email: unknown) => ({
  id: expect.stringMatching(UUID) as unknown,
  email,
  created_at: expect.stringMatching(ISO) as unknown,
  email_confirmed_at: expect.stringMatching(ISO) as unknown,
  last_sign_in_at: expect.stringMatching(ISO) as unknown,
});
const envelopedUser = (email: unknown) => ({
  id: expect.stringMatching(UUID) as unknown,
  email,
  created_at: expect.stringMatching(ISO) as unknown,
  email_confirmed: true,
  last_sign_in: expect.stringMatching(ISO) as unknown,
});
const signIn = (user: unknown) => ({
  access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as unknown,
  token_type: 'bearer',
  expires_in: expect.any(Number) as unknown,
  refresh_token: expect.stringMatching(/^\S+$/) as unknown,
  user,
});
const problem = (status: number, detail: unknown, code = 'AUTHENTICATION_ERROR') =>
  expect.objectContaining({ status, detail, code, request_id: expect.any(String) as unknown }) as unknown;
const failure = (detail: unknown, error_code = 'AUTHENTICATION_ERROR') => ({
  success: false,
  error: expect.objectContaining({
    error_code,
    detail,
    request_id: expect.any(String) as unknown,
  }) as unknown,
});

interface Tokens {
  access_token: string;
  refresh_token: string;
}
interface Enveloped<T> {
  success: boolean;
  data: T;
}

describe.each(MODES)('$mode', ({ environment }) => {
  let api: Api;
  let anybody: Caller;
  beforeAll(async () => {
    api = await startApi(environment);
  });
  afterAll(() => api.close());
  const stranger = () => new Caller(api.url);

  describe('POST /auth/signup', () => {
    it('plain: 201 and a sign-in', async () => {
      const email = newEmail();
      const answer = await stranger().post('/api/auth/signup', { email, password: PASSWORD });
      expect(answer).toMatchObject({ status: 201 });
      expect(answer.body).toEqual(signIn(plainUser(email)));
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });

    it('enveloped: 200 and a sign-in', async () => {
      const email = newEmail();
      const body = { email, password: '123456', confirm_password: '123456' };
      const answer = await stranger().post('/api/v1/auth/signup', body);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ success: true, data: signIn(envelopedUser(email)) });
    });

    it('a duplicate, in capitals, too', async () => {
      const { user } = await signUp(api.url);
      const email = String(user?.email);
      for (const again of [email, email.toUpperCase()]) {
        const plain = await stranger().post('/api/auth/signup', { email: again, password: PASSWORD });
        expect(plain.status).toBe(400);
        expect(plain.body).toEqual(problem(400, 'A user with this email already exists', 'VALIDATION_ERROR'));
        const body = { email: again, password: PASSWORD, confirm_password: PASSWORD };
        const enveloped = await stranger().post('/api/v1/auth/signup', body);
        expect(enveloped.status).toBe(422);
        expect(enveloped.body).toEqual(failure('Failed to create user account', 'VALIDATION_ERROR'));
      }
    });

    it('twice at once: one user', async () => {
      const email = newEmail();
      const caller = stranger();
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => caller.post('/api/auth/signup', { email, password: PASSWORD })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
      await expect(sql('select id from auth.users where email = $1', [email])).resolves.toHaveLength(1);
    });

    it.each([
      [{}, ['email', 'password']],
      [{ email: 'invalid-email', password: PASSWORD }, ['email']],
      [{ email: 'a@example.com', password: '1234567' }, ['password']],
      [{ email: 'a@example.com', password: PASSWORD, confirm_password: PASSWORD }, ['confirm_password']],
      [{ email: 'a@example.com', password: PASSWORD, role: 'admin' }, ['role']],
      [{ email: ['a@example.com'], password: { length: 10 } }, ['email', 'password']],
    ])('refuses %j', async (body, fields) => {
      const answer = await stranger().post<{ errors: { field: string }[] }>('/api/auth/signup', body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map(({ field }) => field).sort()).toEqual(fields);
    });

    it('enveloped: passwords that do not match', async () => {
      const body = { email: newEmail(), password: '123456', confirm_password: '654321' };
      const answer = await stranger().post('/api/v1/auth/signup', body);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual(failure('Passwords do not match', 'VALIDATION_ERROR'));
      await expect(sql('select from auth.users where email = $1', [body.email])).resolves.toHaveLength(0);
    });

    it.each(['', '[]', '"x"', 'null', '{', '{"email":"a@example.com"', '\u0000'])(
      'a body of %j',
      async (body) => {
        const plain = await stranger().post('/api/auth/signup', body);
        expect(plain.status).toBe(400);
        const enveloped = await stranger().post('/api/v1/auth/signup', body);
        expect(enveloped.status).toBe(422);
      },
    );
  });

  describe('POST /auth/login and /login', () => {
    let email: string;
    beforeAll(async () => {
      email = String((await signUp(api.url)).user?.email);
    });

    it.each(['/auth/login', '/login', '/auth/login/'])('%s signs in', async (path) => {
      const plain = await stranger().post(`/api${path}`, { email, password: PASSWORD });
      expect(plain.status).toBe(200);
      expect(plain.body).toEqual(signIn(plainUser(email)));
      const enveloped = await stranger().post(`/api/v1${path}`, { email, password: PASSWORD });
      expect(enveloped.status).toBe(200);
      expect(enveloped.body).toEqual({ success: true, data: signIn(envelopedUser(email)) });
    });

    it.each(['/auth/login', '/login'])(
      '%s: a wrong password and an unknown user look the same',
      async (path) => {
        for (const body of [
          { email, password: 'a wrong password' },
          { email: newEmail(), password: PASSWORD },
        ]) {
          const plain = await stranger().post(`/api${path}`, body);
          expect(plain.status).toBe(401);
          expect(plain.body).toEqual(problem(401, 'Invalid email or password'));
          expect(plain.headers.get('content-type')).toContain('application/problem+json');
          const enveloped = await stranger().post(`/api/v1${path}`, body);
          expect(enveloped.status).toBe(401);
          expect(enveloped.body).toEqual(failure('Invalid credentials'));
        }
      },
    );

    it('an e-mail that is none: an invalid request', async () => {
      const body = { email: 'invalid-email', password: PASSWORD };
      await expect(stranger().post('/api/auth/login', body)).resolves.toMatchObject({ status: 400 });
      await expect(stranger().post('/api/v1/auth/login', body)).resolves.toMatchObject({ status: 422 });
    });

    it('a bad token along with good credentials does not matter', async () => {
      const answer = await stranger().post(
        '/api/auth/login',
        { email, password: PASSWORD },
        { authorization: 'Bearer x.y.z' },
      );
      expect(answer.status).toBe(200);
    });
  });

  describe('POST /auth/refresh', () => {
    it('answers with a new pair', async () => {
      const { user } = await signUp(api.url);
      const plain = await stranger().post<Tokens>('/api/auth/refresh', { refresh_token: user?.refreshToken });
      expect(plain.status).toBe(200);
      expect(plain.body).toEqual(signIn(plainUser(user?.email)));
      expect(plain.body.refresh_token).not.toBe(user?.refreshToken);
      await expect(new Caller(api.url, plain.body.access_token).get('/api/auth/me')).resolves.toMatchObject({
        status: 200,
      });
      const enveloped = await stranger().post<Enveloped<Tokens>>('/api/v1/auth/refresh', {
        refresh_token: plain.body.refresh_token,
      });
      expect(enveloped.body).toEqual({ success: true, data: signIn(envelopedUser(user?.email)) });
    });

    it.each(['made-up', randomUUID(), '../..', "' or 1=1 --"])('refuses %j', async (refresh_token) => {
      const plain = await stranger().post('/api/auth/refresh', { refresh_token });
      expect(plain.status).toBe(401);
      expect(plain.body).toEqual(problem(401, 'Invalid or expired refresh token'));
      const enveloped = await stranger().post('/api/v1/auth/refresh', { refresh_token });
      expect(enveloped.status).toBe(401);
      expect(enveloped.body).toEqual(failure('Invalid refresh token'));
    });

    it.each([undefined, null, '', 1, [], { a: 1 }, 1.5])('%j: an invalid request', async (refresh_token) => {
      const answer = await stranger().post('/api/auth/refresh', { refresh_token });
      expect(answer.status).toBe(400);
    });
  });

  describe('POST /auth/anonymous', () => {
    it('signs in somebody without an e-mail, who can use the rest', async () => {
      const plain = await stranger().post<Tokens>('/api/auth/anonymous');
      expect(plain.status).toBe(201);
      expect(plain.body).toEqual(signIn({ ...plainUser(null), email_confirmed_at: null }));
      const enveloped = await stranger().post('/api/v1/auth/anonymous');
      expect(enveloped.status).toBe(201);
      expect(enveloped.body).toEqual({
        success: true,
        data: signIn({ ...envelopedUser(null), email_confirmed: false }),
      });

      anybody = new Caller(api.url, plain.body.access_token);
      await expect(anybody.get('/api/auth/me')).resolves.toMatchObject({
        status: 200,
        body: { email: null },
      });
      await expect(anybody.get('/api/user')).resolves.toMatchObject({ status: 200, body: { email: null } });
      await expect(anybody.get('/api/users/me')).resolves.toMatchObject({
        status: 200,
        body: { email: null },
      });
      await expect(anybody.get('/api/credits')).resolves.toMatchObject({
        status: 200,
        body: { credits: 100 },
      });
      const passwords = { current_password: PASSWORD, new_password: 'a new password' };
      await expect(anybody.put('/api/auth/password', passwords)).resolves.toMatchObject({ status: 400 });
      const refreshed = await stranger().post('/api/auth/refresh', {
        refresh_token: plain.body.refresh_token,
      });
      expect(refreshed).toMatchObject({ status: 200, body: { user: { email: null } } });
      await expect(anybody.post('/api/auth/logout')).resolves.toMatchObject({ status: 200 });
    });
  });

  describe('POST /register', () => {
    it("answers with Supabase's user", async () => {
      const email = newEmail();
      const plain = await stranger().post('/api/register', { email, password: PASSWORD });
      expect(plain.status).toBe(201);
      expect(plain.body).toMatchObject({
        id: expect.stringMatching(UUID) as unknown,
        email,
        aud: 'authenticated',
        app_metadata: { provider: 'email' },
        user_metadata: { email },
      });
      expect(plain.body).not.toHaveProperty('access_token');
      const enveloped = await stranger().post<Enveloped<object>>('/api/v1/register/', {
        email: newEmail(),
        password: '123456',
      });
      expect(enveloped.status).toBe(201);
      expect(enveloped.body.data).toHaveProperty('app_metadata');
      await expect(stranger().post('/api/login', { email, password: PASSWORD })).resolves.toMatchObject({
        status: 200,
      });
    });

    it('refuses a duplicate and a short password', async () => {
      const { user } = await signUp(api.url);
      await expect(
        stranger().post('/api/register', { email: user?.email, password: PASSWORD }),
      ).resolves.toMatchObject({
        status: 400,
        body: { detail: 'A user with this email already exists' },
      });
      await expect(
        stranger().post('/api/register', { email: newEmail(), password: '1234567' }),
      ).resolves.toMatchObject({
        status: 400,
      });
      await expect(
        stranger().post('/api/v1/register', { email: newEmail(), password: '12345' }),
      ).resolves.toMatchObject({
        status: 422,
      });
    });
  });

  describe('POST /auth/token', () => {
    const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
    const grant = (fields: Record<string, string>, path = '/api/auth/token', headers = {}) =>
      stranger().post<Tokens>(path, new URLSearchParams(fields).toString(), { ...FORM, ...headers });

    it.each(['/api/auth/token', '/api/v1/auth/token'])(
      '%s signs in and refreshes, never enveloped',
      async (path) => {
        const { user } = await signUp(api.url);
        const answer = await grant(
          { grant_type: 'password', username: String(user?.email), password: PASSWORD },
          path,
        );
        expect(answer.status).toBe(200);
        expect(Object.keys(answer.body).sort()).toEqual([
          'access_token',
          'expires_in',
          'refresh_token',
          'token_type',
        ]);
        expect(answer.headers.get('cache-control')).toBe('no-store');
        await expect(
          new Caller(api.url, answer.body.access_token).get('/api/auth/me'),
        ).resolves.toMatchObject({ status: 200 });
        const next = await grant(
          { grant_type: 'refresh_token', refresh_token: answer.body.refresh_token },
          path,
        );
        expect(next.status).toBe(200);
        expect(next.body.refresh_token).not.toBe(answer.body.refresh_token);
      },
    );

    it('ignores what it does not know, as the standard wants', async () => {
      const { user } = await signUp(api.url);
      const answer = await grant(
        {
          grant_type: 'password',
          username: String(user?.email),
          password: PASSWORD,
          scope: '',
          client_id: 'x',
          client_secret: 'y',
        },
        '/api/auth/token',
        { authorization: `Basic ${Buffer.from('x:y').toString('base64')}` },
      );
      expect(answer.status).toBe(200);
    });

    it.each<[string, Record<string, string>, string]>([
      [
        'a wrong password',
        { grant_type: 'password', username: 'nobody@example.com', password: 'wrong' },
        'invalid_grant',
      ],
      [
        'a name that is no e-mail',
        { grant_type: 'password', username: 'nobody', password: 'wrong' },
        'invalid_grant',
      ],
      ['a dead refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
      ['nothing', {}, 'invalid_request'],
      ['no password', { grant_type: 'password', username: 'nobody@example.com' }, 'invalid_request'],
      ['no refresh token', { grant_type: 'refresh_token' }, 'invalid_request'],
      ['another grant', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ])('%s', async (_name, fields, error) => {
      for (const path of ['/api/auth/token', '/api/v1/auth/token']) {
        const answer = await grant(fields, path);
        expect(answer.status).toBe(400);
        expect(answer.body).toEqual({ error, error_description: expect.any(String) as unknown });
      }
    });

    it('takes forms only', async () => {
      const answer = await stranger().post('/api/auth/token', {
        grant_type: 'password',
        username: newEmail(),
        password: 'x',
      });
      expect(answer.status).toBe(415);
      expect(answer.body).toMatchObject({ error: 'invalid_request' });
    });
  });

  it('never shows a Supabase refresh token or a key where it has tokens of its own', async () => {
    const { token, user } = await signUp(api.url);
    const claims = jwt.decode(String(token), { json: true });
    if (!('API_SECRET_KEY' in environment)) {
      expect(claims).toMatchObject({
        aud: 'authenticated',
        sub: user?.id,
        session_id: expect.any(String) as unknown,
      });
      return;
    }
    expect(Object.keys(claims ?? {}).sort()).toEqual(['email', 'exp', 'iat', 'sid', 'sub']);
    expect(claims).toMatchObject({ sub: user?.id, email: user?.email });
    expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(1_800);
    const [row] = await sql<{ data: unknown }>('select data from supanest.credentials where id = $1', [
      claims?.sid,
    ]);
    const refreshTokens = await sql<{ token: string }>(
      'select token from auth.refresh_tokens where session_id = $1',
      [claims?.sid],
    );
    for (const text of [JSON.stringify(row), String(user?.refreshToken), String(token)]) {
      for (const { token: secret } of refreshTokens) expect(text).not.toContain(secret);
    }
    expect(refreshTokens.length).toBeGreaterThan(0);
  });
});
