import { describe, expect, it } from '@jest/globals';
import { signUp } from '../../harness/caller.js';
import type { SharedApi } from '../../harness/shared-api.js';

/** What a user keeps with his session. */
export function sessionData(api: SharedApi): void {
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
}
