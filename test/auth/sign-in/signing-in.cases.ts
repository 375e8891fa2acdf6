import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Caller, newEmail, PASSWORD, signUp } from '../../harness/caller.js';
import type { SharedApi } from '../../harness/shared-api.js';
import {
  plainUser,
  envelopedUser,
  signIn,
  problem,
  failure,
  type Enveloped,
  type Tokens,
} from './answers.js';

/** Ways to be signed in without a form. */
export function signingIn(api: SharedApi): void {
  const stranger = (): Caller => new Caller(api.url);

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

      const anybody = new Caller(api.url, plain.body.access_token);
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
}
