import { describe, expect, it } from '@jest/globals';
import { CREDENTIALS, KEY, SECRET, SESSION, USER, type CannedSupabase } from './canned-supabase.fixture.js';

/** What it sends. */
export function requestsOfAuth(supabase: CannedSupabase): void {
  describe('what it sends', () => {
    it('should send the address with the secret key, where nobody is signed in', async () => {
      supabase.behaviour = { body: SESSION };
      await supabase.auth().signInWithEmail({ ...CREDENTIALS, address: '::ffff:203.0.113.7' });
      expect(supabase.received[0]).toMatchObject({
        method: 'POST',
        url: '/auth/v1/token?grant_type=password',
        headers: { apikey: SECRET, 'sb-forwarded-for': '203.0.113.7' },
      });
      expect(supabase.received[0]?.headers.authorization).toBeUndefined();
    });

    it("should never send the secret key with a user's token", async () => {
      supabase.behaviour = { body: USER };
      const auth = supabase.auth();
      await auth.getSession({ authToken: 'a.b.c', address: '203.0.113.7' });
      await auth.setSessionData({ authToken: 'a.b.c', data: { a: 1 }, address: '203.0.113.7' });
      await auth.updatePassword({ authToken: 'a.b.c', password: 'new', address: '203.0.113.7' });
      await auth.signOut({ authToken: 'a.b.c', address: '203.0.113.7' });
      expect(supabase.received.map(({ method, url: path }) => `${String(method)} ${String(path)}`)).toEqual([
        'GET /auth/v1/user',
        'PUT /auth/v1/user',
        'PUT /auth/v1/user',
        'POST /auth/v1/logout?scope=local',
      ]);
      for (const { headers } of supabase.received) {
        expect(headers).toMatchObject({
          apikey: KEY,
          authorization: 'Bearer a.b.c',
          'sb-forwarded-for': '203.0.113.7',
        });
      }
      expect(supabase.received.map(({ body }) => body).join()).not.toContain(SECRET);
    });

    it('should not send a legacy key in place of a secret one, nor an address that is none', async () => {
      supabase.behaviour = { body: SESSION };
      await supabase
        .auth({ secretKey: 'a-legacy-service-role-key' })
        .signInWithEmail({ ...CREDENTIALS, address: '203.0.113.7' });
      await supabase.auth().signInWithEmail({ ...CREDENTIALS, address: 'unknown, 203.0.113.7' });
      expect(supabase.received[0]?.headers).toMatchObject({ apikey: KEY, 'sb-forwarded-for': '203.0.113.7' });
      expect(supabase.received[1]?.headers.apikey).toBe(KEY);
      expect(supabase.received[1]?.headers['sb-forwarded-for']).toBeUndefined();
    });

    it('should act as administrator with the secret key', async () => {
      supabase.behaviour = { body: USER };
      await supabase.auth().getUser({ userId: USER.id });
      expect(supabase.received[0]).toMatchObject({
        url: `/auth/v1/admin/users/${USER.id}`,
        headers: { apikey: SECRET },
      });
      // It is no token, and a gateway may refuse it for one.
      expect(supabase.received[0]?.headers.authorization).toBeUndefined();
      const secretKey = 'legacy.service.key';
      await supabase.auth({ secretKey }).getUser({ userId: USER.id });
      expect(supabase.received[1]?.headers).toMatchObject({
        apikey: secretKey,
        authorization: `Bearer ${secretKey}`,
      });
    });

    it('should send the redirect of a reset as Supabase reads it', async () => {
      await supabase
        .auth()
        .resetPassword({ email: 'ada@example.com', redirectUrl: 'https://a.example/x?y=z' });
      expect(supabase.received[0]?.url).toBe(
        '/auth/v1/recover?redirect_to=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz',
      );
    });

    it('should share no session between callers', async () => {
      const auth = supabase.auth();
      supabase.behaviour = { body: SESSION };
      await auth.signInWithEmail(CREDENTIALS);
      supabase.behaviour = { body: USER };
      await auth.getSession({ authToken: 'd.e.f' });
      expect(supabase.received[1]?.headers.authorization).toBe('Bearer d.e.f');
      await auth.resetPassword({ email: 'ada@example.com' });
      expect(supabase.received[2]?.headers.authorization).toBeUndefined();
    });
  });
}
