import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { codeIn, mailsTo } from '../harness/inbox.js';
import { describeLocally } from '../harness/local-parts.js';
import { Upstream } from '../harness/upstream.js';
import { MODES } from './modes.js';

interface Tokens {
  access_token: string;
}

const REDIRECT = 'http://127.0.0.1:3000/new-password';

describeLocally.each(MODES)('$mode', ({ environment }) => {
  let upstream: Upstream;
  let api: Api;
  let stranger: Caller;
  beforeAll(async () => {
    upstream = await Upstream.start();
    api = await startApi({
      ...environment,
      ...upstream.environment,
      REDIRECT_URLS: 'http://127.0.0.1:3000/*',
    });
    stranger = new Caller(api.url);
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
  });
  const verify = (email: string, token: string, path = '/api/auth/otp/verify', more = {}) =>
    stranger.post<Tokens>(path, { email, token, ...more });

  describe('POST /auth/otp and /auth/otp/verify', () => {
    it('sign in somebody who was here before', async () => {
      const { user } = await signUp(api.url);
      const email = String(user?.email);
      const sent = await stranger.post('/api/auth/otp', { email });
      expect(sent).toMatchObject({ status: 200, body: { message: expect.any(String) as unknown } });
      const code = codeIn((await mailsTo(email))[0]);
      const answer = await verify(email, code);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          token_type: 'bearer',
          user: { id: user?.id, email, email_confirmed_at: expect.any(String) as unknown },
        },
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      await expect(new Caller(api.url, answer.body.access_token).get('/api/auth/me')).resolves.toMatchObject({
        status: 200,
      });
      // A code works once.
      await expect(verify(email, code)).resolves.toMatchObject({
        status: 401,
        body: { detail: 'Invalid or expired code' },
      });
    });

    it('sign in somebody new, enveloped', async () => {
      const email = newEmail();
      const sent = await stranger.post('/api/v1/auth/otp/', { email });
      expect(sent).toMatchObject({
        status: 200,
        body: { success: true, data: { message: expect.any(String) as unknown } },
      });
      const answer = await verify(email, codeIn((await mailsTo(email))[0]), '/api/v1/auth/otp/verify', {
        type: 'email',
      });
      expect(answer).toMatchObject({
        status: 200,
        body: { success: true, data: { user: { email, email_confirmed: true } } },
      });
    });

    it('refuse a wrong code, also for nobody', async () => {
      const { user } = await signUp(api.url);
      await stranger.post('/api/auth/otp', { email: user?.email });
      for (const email of [String(user?.email), newEmail()]) {
        const plain = await verify(email, '000000');
        expect(plain).toMatchObject({
          status: 401,
          body: { code: 'AUTHENTICATION_ERROR', detail: 'Invalid or expired code' },
        });
        await expect(verify(email, '000000', '/api/v1/auth/otp/verify')).resolves.toMatchObject({
          status: 401,
          body: { success: false, error: { error_code: 'AUTHENTICATION_ERROR' } },
        });
      }
    });

    it.each([
      {},
      { email: 'x' },
      { email: 'a@example.com', token: '' },
      { email: 'a@example.com', token: 123456 },
      { email: 'a@example.com', token: '123456', type: 'sms' },
      { email: 'a@example.com', token: '123456', type: null },
      { email: 'a@example.com', token: 'x'.repeat(300) },
    ])('refuse %j', async (body) => {
      await expect(stranger.post('/api/auth/otp/verify', body)).resolves.toMatchObject({ status: 400 });
      await expect(stranger.post('/api/v1/auth/otp/verify', body)).resolves.toMatchObject({ status: 422 });
    });
  });

  describe('POST /auth/password-reset', () => {
    it('sends a mail that leads where it may', async () => {
      const { user } = await signUp(api.url);
      const email = String(user?.email);
      const answer = await stranger.post('/api/auth/password-reset', { email, redirect_url: REDIRECT });
      expect(answer).toMatchObject({ status: 200, body: { message: 'Password reset email sent' } });
      const [mail] = await mailsTo(email);
      expect(mail).toMatch(/redirect_to=http(:|%3A)(\/\/|%2F%2F)127\.0\.0\.1(:|%3A)3000(\/|%2F)new-password/);
      // The code in it signs in, too.
      await expect(
        verify(email, codeIn(mail), '/api/auth/otp/verify', { type: 'recovery' }),
      ).resolves.toMatchObject({ status: 200 });
    });

    it('answers the same for nobody, again and again', async () => {
      const { user } = await signUp(api.url);
      for (const email of [newEmail(), String(user?.email), String(user?.email)]) {
        const plain = await stranger.post('/api/auth/password-reset', { email });
        expect(plain).toMatchObject({ status: 200, body: { message: 'Password reset email sent' } });
        const enveloped = await stranger.post('/api/v1/auth/password-reset', { email });
        expect(enveloped.status).toBe(200);
        expect(enveloped.body).toEqual({ success: true, data: { message: 'Password reset email sent' } });
      }
    });

    it.each([
      { email: 'x' },
      {},
      { email: 'a@example.com', redirect_url: 'https://evil.example/' },
      { email: 'a@example.com', redirect_url: '//evil.example' },
      { email: 'a@example.com', redirect_url: 'javascript:alert(1)' },
      { email: 'a@example.com', redirect_url: 1 },
    ])('refuses %j', async (body) => {
      const before = upstream.seen.length;
      await expect(stranger.post('/api/auth/password-reset', body)).resolves.toMatchObject({ status: 400 });
      await expect(stranger.post('/api/v1/auth/password-reset', body)).resolves.toMatchObject({
        status: 422,
      });
      expect(upstream.seen).toHaveLength(before);
    });
  });

  describe('when the e-mail has to be confirmed first', () => {
    const pending = (email: string): object => ({
      id: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
      aud: 'authenticated',
      role: 'authenticated',
      email,
      phone: '',
      confirmation_sent_at: '2026-01-01T00:00:00Z',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: {},
      identities: [{ provider: 'email' }],
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      is_anonymous: false,
    });
    const answering = async (body: object, ask: () => Promise<void>): Promise<void> => {
      upstream.fate = (path) =>
        path.startsWith('/auth/v1/signup') ? { status: 200, body: JSON.stringify(body) } : 'forward';
      try {
        await ask();
      } finally {
        upstream.fate = () => 'forward';
      }
    };

    it('sign-up answers with the user and no tokens', async () => {
      const email = newEmail();
      await answering(pending(email), async () => {
        const plain = await stranger.post('/api/auth/signup', { email, password: PASSWORD });
        expect(plain.status).toBe(201);
        expect(plain.body).toEqual({
          access_token: null,
          token_type: 'bearer',
          expires_in: 0,
          refresh_token: null,
          user: {
            id: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
            email,
            created_at: '2026-01-01T00:00:00Z',
            email_confirmed_at: null,
            last_sign_in_at: null,
          },
        });
        const body = { email, password: PASSWORD, confirm_password: PASSWORD };
        const enveloped = await stranger.post('/api/v1/auth/signup', body);
        expect(enveloped).toMatchObject({
          status: 200,
          body: {
            success: true,
            data: {
              access_token: '',
              refresh_token: '',
              user: { email, email_confirmed: false, last_sign_in: null },
            },
          },
        });
        const registered = await stranger.post('/api/register', { email, password: PASSWORD });
        expect(registered).toMatchObject({ status: 201, body: pending(email) });
      });
    });

    it('a duplicate is refused as it is elsewhere', async () => {
      await answering({ ...pending('x@example.com'), identities: [] }, async () => {
        const plain = await stranger.post('/api/auth/signup', { email: 'x@example.com', password: PASSWORD });
        expect(plain).toMatchObject({
          status: 400,
          body: { detail: 'A user with this email already exists' },
        });
      });
    });

    it('sign-in says what is missing, to who knows the password', async () => {
      const email = newEmail();
      const { url, secretKey } = supabaseUnderTest();
      const created = await new Caller(url).post(
        '/auth/v1/admin/users',
        { email, password: PASSWORD },
        { apikey: secretKey, authorization: `Bearer ${secretKey}` },
      );
      expect(created.status).toBe(200);
      await sql('update auth.users set email_confirmed_at = null where email = $1', [email]);
      const right = await stranger.post('/api/auth/login', { email, password: PASSWORD });
      expect(right).toMatchObject({ status: 401, body: { detail: 'Email not confirmed' } });
      const wrong = await stranger.post('/api/auth/login', { email, password: 'a wrong password' });
      expect(wrong).toMatchObject({ status: 401, body: { detail: 'Invalid email or password' } });
    });
  });
});
