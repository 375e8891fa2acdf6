import { describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { Caller, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import type { SharedApi } from '../../harness/shared-api.js';
import { refreshStatus, signInAgain, statusOf } from './second-session.js';

/** How sessions end. */
export function signingOut(api: SharedApi, other: SharedApi): void {
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
}
