import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SupabaseConfig } from '../platform/config/config.js';
import { SupabaseAuth } from './supabase-auth.service.js';
import { SupabaseClients } from './supabase-clients.service.js';

const KEY = 'sb_publishable_0123456789';
const SECRET = 'sb_secret_0123456789';
const USER = {
  id: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
  aud: 'authenticated',
  created_at: '2026-01-01T00:00:00Z',
};
const SESSION = {
  access_token: 'a.b.c',
  refresh_token: 'r',
  token_type: 'bearer',
  expires_in: 3_600,
  user: USER,
};
const CREDENTIALS = { email: 'ada@example.com', password: 'wrong' };

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What the upstream does with the next requests. */
type Behaviour =
  { status?: number; body?: unknown; text?: string; headers?: Record<string, string> } | 'hang' | 'cut';

describe('SupabaseAuth', () => {
  let server: Server;
  let url: string;
  let behaviour: Behaviour;
  let received: Received[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        received.push({ method: request.method, url: request.url, headers: request.headers, body });
        if (behaviour === 'hang') return;
        if (behaviour === 'cut') {
          request.socket.destroy();
          return;
        }
        const { status = 200, body: answer, text = JSON.stringify(answer ?? {}), headers } = behaviour;
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    received = [];
    behaviour = {};
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const authOf = (secretKey = SECRET, at = url): SupabaseAuth =>
    new SupabaseAuth(
      new SupabaseClients(new SupabaseConfig(at, KEY, secretKey, undefined, `${at}/auth/v1`, 500, 500)),
    );
  const refusal = (code: string, status = 400, msg = 'secret words of Supabase'): Behaviour => ({
    status,
    body: { code, message: msg, msg },
    headers: { 'x-supabase-api-version': '2024-01-01' },
  });

  describe('what it sends', () => {
    it('should send the address with the secret key, where nobody is signed in', async () => {
      behaviour = { body: SESSION };
      await authOf().signInWithEmail({ ...CREDENTIALS, address: '::ffff:203.0.113.7' });
      expect(received[0]).toMatchObject({
        method: 'POST',
        url: '/auth/v1/token?grant_type=password',
        headers: { apikey: SECRET, 'sb-forwarded-for': '203.0.113.7' },
      });
      expect(received[0]?.headers.authorization).toBeUndefined();
    });

    it("should never send the secret key with a user's token", async () => {
      behaviour = { body: USER };
      const auth = authOf();
      await auth.getSession({ authToken: 'a.b.c', address: '203.0.113.7' });
      await auth.setSessionData({ authToken: 'a.b.c', data: { a: 1 }, address: '203.0.113.7' });
      await auth.updatePassword({ authToken: 'a.b.c', password: 'new', address: '203.0.113.7' });
      await auth.signOut({ authToken: 'a.b.c', address: '203.0.113.7' });
      expect(received.map(({ method, url: path }) => `${String(method)} ${String(path)}`)).toEqual([
        'GET /auth/v1/user',
        'PUT /auth/v1/user',
        'PUT /auth/v1/user',
        'POST /auth/v1/logout?scope=local',
      ]);
      for (const { headers } of received) {
        expect(headers).toMatchObject({
          apikey: KEY,
          authorization: 'Bearer a.b.c',
          'sb-forwarded-for': '203.0.113.7',
        });
      }
      expect(received.map(({ body }) => body).join()).not.toContain(SECRET);
    });

    it('should not send a legacy key in place of a secret one, nor an address that is none', async () => {
      behaviour = { body: SESSION };
      await authOf('a-legacy-service-role-key').signInWithEmail({ ...CREDENTIALS, address: '203.0.113.7' });
      await authOf().signInWithEmail({ ...CREDENTIALS, address: 'unknown, 203.0.113.7' });
      expect(received[0]?.headers).toMatchObject({ apikey: KEY, 'sb-forwarded-for': '203.0.113.7' });
      expect(received[1]?.headers.apikey).toBe(KEY);
      expect(received[1]?.headers['sb-forwarded-for']).toBeUndefined();
    });

    it('should act as administrator with the secret key', async () => {
      behaviour = { body: USER };
      await authOf().getUser({ userId: USER.id });
      expect(received[0]).toMatchObject({
        url: `/auth/v1/admin/users/${USER.id}`,
        headers: { apikey: SECRET, authorization: `Bearer ${SECRET}` },
      });
    });

    it('should send the redirect of a reset as Supabase reads it', async () => {
      await authOf().resetPassword({ email: 'ada@example.com', redirectUrl: 'https://a.example/x?y=z' });
      expect(received[0]?.url).toBe('/auth/v1/recover?redirect_to=https%3A%2F%2Fa.example%2Fx%3Fy%3Dz');
    });

    it('should share no session between callers', async () => {
      const auth = authOf();
      behaviour = { body: SESSION };
      await auth.signInWithEmail(CREDENTIALS);
      behaviour = { body: USER };
      await auth.getSession({ authToken: 'd.e.f' });
      expect(received[1]?.headers.authorization).toBe('Bearer d.e.f');
      await auth.resetPassword({ email: 'ada@example.com' });
      expect(received[2]?.headers.authorization).toBeUndefined();
    });
  });

  describe('what it makes of refusals', () => {
    const signIn = (): Promise<unknown> => authOf().signInWithEmail(CREDENTIALS);
    const refresh = (): Promise<unknown> => authOf().refreshSession({ refreshToken: 'r' });
    const signUp = (): Promise<unknown> => authOf().signUp(CREDENTIALS);
    const verify = (): Promise<unknown> => authOf().verifyOtp({ email: 'ada@example.com', token: '1' });
    const me = (): Promise<unknown> => authOf().getSession({ authToken: 'a.b.c' });
    const newPassword = (): Promise<unknown> =>
      authOf().updatePassword({ authToken: 'a.b.c', password: 'x' });
    const asAdmin = (): Promise<unknown> => authOf().getUser({ userId: USER.id });

    it.each<[string, () => Promise<unknown>, Behaviour, string, string]>([
      [
        'a wrong password',
        signIn,
        refusal('invalid_credentials'),
        'authentication',
        'Invalid email or password',
      ],
      ['a banned user', signIn, refusal('user_banned'), 'authentication', 'Invalid email or password'],
      [
        'an unconfirmed e-mail',
        signIn,
        refusal('email_not_confirmed'),
        'authentication',
        'Email not confirmed',
      ],
      [
        'a provider that is off',
        signIn,
        refusal('email_provider_disabled', 422),
        'permission',
        'Signing in by email is not possible here',
      ],
      [
        'a duplicate',
        signUp,
        refusal('user_already_exists', 422),
        'validation',
        'A user with this email already exists',
      ],
      [
        'a hidden duplicate',
        signUp,
        { body: { ...USER, identities: [] } },
        'validation',
        'A user with this email already exists',
      ],
      [
        'a weak password',
        signUp,
        {
          status: 422,
          body: {
            code: 'weak_password',
            message: 'x',
            weak_password: { reasons: ['length', 'pwned', 'secret words'] },
          },
          headers: { 'x-supabase-api-version': '2024-01-01' },
        },
        'validation',
        'The password is too weak: it is too short, it is known from leaks',
      ],
      [
        'closed sign-ups',
        signUp,
        refusal('signup_disabled', 422),
        'permission',
        'Signing up is not possible here',
      ],
      [
        'a dead refresh token',
        refresh,
        refusal('refresh_token_not_found'),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a used refresh token',
        refresh,
        refusal('refresh_token_already_used'),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh of a session that is gone',
        refresh,
        refusal('session_not_found', 403),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh of a banned user',
        refresh,
        refusal('user_banned', 403),
        'authentication',
        'Invalid or expired refresh token',
      ],
      [
        'a refresh refused without a code',
        refresh,
        { status: 400, body: { error: 'invalid_grant' } },
        'authentication',
        'Invalid or expired refresh token',
      ],
      ['a wrong code', verify, refusal('otp_expired', 403), 'authentication', 'Invalid or expired code'],
      [
        'a code for nobody',
        verify,
        refusal('user_not_found', 404),
        'authentication',
        'Invalid or expired code',
      ],
      [
        'a token of a session that is gone',
        me,
        refusal('session_not_found', 403),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'a token of a user who is gone',
        me,
        refusal('user_not_found', 403),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'a bad token',
        me,
        refusal('bad_jwt', 401),
        'authentication',
        'Invalid or expired authentication token',
      ],
      [
        'the same password',
        newPassword,
        refusal('same_password', 422),
        'validation',
        'The new password must differ from the present one',
      ],
      [
        'a second factor',
        newPassword,
        refusal('insufficient_aal', 401),
        'permission',
        'A second factor is needed for this',
      ],
      ['no such user', asAdmin, refusal('user_not_found', 404), 'not_found', 'There is no such user.'],
      [
        'our key',
        asAdmin,
        refusal('not_admin', 403),
        'unavailable',
        'A service this request needs is not available. Try again later.',
      ],
      [
        'our key, at the gateway',
        signIn,
        { status: 401, body: { message: 'Invalid API key' } },
        'unavailable',
        'A service this request needs is not available. Try again later.',
      ],
      [
        'what we have never heard of',
        signUp,
        refusal('novelty', 418),
        'validation',
        'Supabase does not accept this request.',
      ],
    ])('%s', async (_name, ask, does, kind, message) => {
      behaviour = does;
      const error = (await ask().catch((thrown: unknown) => thrown)) as Error & { kind: string };
      expect({ kind: error.kind, message: error.message }).toEqual({ kind, message });
      expect(JSON.stringify(error)).not.toContain('secret words');
    });

    it('should wait as long as Supabase says', async () => {
      behaviour = refusal(
        'over_email_send_rate_limit',
        429,
        'For security purposes, you can only request this after 37 seconds.',
      );
      await expect(authOf().signInWithOtp({ email: 'ada@example.com' })).rejects.toMatchObject({
        kind: 'rate_limited',
        retryAfter: 37,
      });
      behaviour = refusal('over_request_rate_limit', 429);
      await expect(refresh()).rejects.toMatchObject({ kind: 'rate_limited', retryAfter: 60 });
    });

    it('should take a session that is gone for signed out', async () => {
      behaviour = refusal('session_not_found', 403);
      await expect(authOf().signOut({ authToken: 'a.b.c' })).resolves.toBeUndefined();
    });
  });

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
        behaviour = does;
        await expect(ask(authOf())).rejects.toMatchObject({ kind: 'unavailable' });
      }
      await expect(ask(authOf(SECRET, 'http://127.0.0.1:1'))).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it.each(all.filter(([name]) => !silent.includes(name)))(
      '%s should not believe rubbish',
      async (_name, ask) => {
        for (const [what, does] of rubbish) {
          behaviour = does;
          const outcome = await ask(authOf()).then(
            () => 'believed',
            (error: unknown) => (error as { kind: string }).kind,
          );
          expect({ what, outcome }).toEqual({ what, outcome: 'unavailable' });
        }
      },
    );
  });
});
