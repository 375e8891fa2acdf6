import { describe, expect, it } from '@jest/globals';
import { startApi } from '../../harness/api.js';
import { Caller, PASSWORD, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import type { SharedApi } from '../../harness/shared-api.js';
import { signInAgain, statusOf } from './second-session.js';

/** A new password. */
export function changingPasswords(api: SharedApi, environment: Record<string, string>): void {
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
}
