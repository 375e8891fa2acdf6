import { describe, expect, it } from '@jest/globals';
import {
  CREDENTIALS,
  SESSION,
  USER,
  type Behaviour,
  type CannedSupabase,
} from './canned-supabase.fixture.js';
import type { SupabaseAuth } from './supabase-auth.service.js';

/** What it makes of failures. */
export function failuresOfAuth(supabase: CannedSupabase): void {
  describe('what it makes of failures', () => {
    const all: [string, (auth: SupabaseAuth) => Promise<unknown>][] = [
      ['signUp', (auth) => auth.signUp(CREDENTIALS)],
      ['signInWithEmail', (auth) => auth.signInWithEmail(CREDENTIALS)],
      ['createAnonymousUser', (auth) => auth.createAnonymousUser()],
      ['signInWithOtp', (auth) => auth.signInWithOtp({ email: 'ada@example.com' })],
      ['verifyOtp', (auth) => auth.verifyOtp({ email: 'ada@example.com', token: '1' })],
      ['refreshSession', (auth) => auth.refreshSession({ refreshToken: 'r' })],
      ['resetPassword', (auth) => auth.resetPassword({ email: 'ada@example.com' })],
      ['getSession', (auth) => auth.getSession({ authToken: 'a.b.c' })],
      ['setSessionData', (auth) => auth.setSessionData({ authToken: 'a.b.c', data: {} })],
      ['updatePassword', (auth) => auth.updatePassword({ authToken: 'a.b.c', password: 'x' })],
      ['signOut', (auth) => auth.signOut({ authToken: 'a.b.c' })],
      ['createUser', (auth) => auth.createUser(CREDENTIALS)],
      ['getUser', (auth) => auth.getUser({ userId: USER.id })],
      ['listUsers', (auth) => auth.listUsers()],
      ['updateUser', (auth) => auth.updateUser({ userId: USER.id, userData: {} })],
      ['deleteUser', (auth) => auth.deleteUser({ userId: USER.id })],
    ];
    const failures: [string, Behaviour][] = [
      ['500', { status: 500, body: { code: 500, msg: 'x' } }],
      ['a restricted project', { status: 402, body: { message: 'exceed_egress_quota' } }],
      ['502 with a page', { status: 502, text: '<html>Bad gateway</html>' }],
      ['404 with a page', { status: 404, text: '<html>Nothing here</html>' }],
      ['a cut connection', 'cut'],
      ['silence', 'hang'],
      ['a redirect', { status: 302, headers: { location: '/elsewhere' } }],
    ];
    /** Answers that are no failure for whoever does not look at them. */
    const rubbish: [string, Behaviour][] = [
      ['no JSON', { text: 'hello' }],
      ['an empty body', { text: '' }],
      ['null', { text: 'null' }],
      ['a list', { text: '[]' }],
      ['an empty object', { text: '{}' }],
      ['a user without an id', { body: { ...SESSION, user: { email: 'x' } } }],
    ];
    const silent = ['signInWithOtp', 'resetPassword', 'signOut'];

    it.each(all)('%s should be unavailable', async (_name, ask) => {
      for (const [, does] of failures) {
        supabase.behaviour = does;
        // Nobody answers in silence, so there is no need to wait for long.
        const auth = supabase.auth(does === 'hang' ? { patienceMs: 50 } : {});
        await expect(ask(auth)).rejects.toMatchObject({ kind: 'unavailable' });
      }
      await expect(ask(supabase.auth({ url: 'http://127.0.0.1:1' }))).rejects.toMatchObject({
        kind: 'unavailable',
      });
    });

    it.each([401, 404, 409])('should take %i without a reason for the gateway’s', async (status) => {
      supabase.behaviour = { status, body: { message: 'no Route matched with those values' } };
      for (const name of ['signUp', 'signInWithEmail', 'listUsers']) {
        const ask = all.find(([known]) => known === name)?.[1];
        await expect(ask?.(supabase.auth())).rejects.toMatchObject({ kind: 'unavailable' });
      }
    });

    it.each(all.filter(([name]) => !silent.includes(name)))(
      '%s should not believe rubbish',
      async (_name, ask) => {
        for (const [what, does] of rubbish) {
          supabase.behaviour = does;
          const outcome = await ask(supabase.auth()).then(
            () => 'believed',
            (error: unknown) => (error as { kind: string }).kind,
          );
          expect({ what, outcome }).toEqual({ what, outcome: 'unavailable' });
        }
      },
    );
  });
}
