import { beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { signUpAdmin } from '../../harness/admin.js';
import { Caller, signUp } from '../../harness/caller.js';
import type { SharedApi } from '../../harness/shared-api.js';

/** Who is signed in, in each of its forms. */
export function sessionsAreShown(api: SharedApi): void {
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
      expect(plain.headers.get('cache-control')).toBe('no-store');
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
}
