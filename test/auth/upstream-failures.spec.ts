import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { describeLocally } from '../harness/local-parts.js';
import { Upstream, type Fate } from '../harness/upstream.js';
import { MODES } from './modes.js';

const FAILURES: [string, Fate][] = [
  ['cuts the connection', 'cut'],
  ['does not answer', 'hang'],
  [
    'answers 500',
    { status: 500, body: '{"code":500,"error_code":"unexpected_failure","msg":"secret words"}' },
  ],
  ['answers a page', { status: 502, body: '<html>secret words</html>', type: 'text/html' }],
  ['answers rubbish', { status: 200, body: '{]' }],
  ['refuses our key', { status: 401, body: '{"message":"Invalid API key"}' }],
];

describeLocally.each(MODES)('$mode, when Supabase fails', ({ environment }) => {
  let upstream: Upstream;
  let api: Api;
  /** Waits for nobody for long: where Supabase does not answer, and nothing else is asked of it. */
  let hurried: Api;
  beforeAll(async () => {
    upstream = await Upstream.start();
    const settings = { ...environment, ...upstream.environment };
    [api, hurried] = await Promise.all([
      startApi(settings),
      startApi({ ...settings, UPSTREAM_TIMEOUT_MS: '200' }),
    ]);
  });
  afterEach(() => {
    upstream.fate = () => 'forward';
  });
  afterAll(async () => {
    await Promise.all([api.close(), hurried.close()]);
    await upstream.close();
  });

  // What a failure looks like does not depend on the kind of token.
  const failures = 'API_SECRET_KEY' in environment ? FAILURES.slice(0, 1) : FAILURES;
  describe.each(failures)('Supabase %s', (_name, fate) => {
    const fail = (): void => {
      upstream.fate = () => fate;
    };
    /** Where somebody asks while it fails. */
    const failing = ({ token, user }: Partial<Caller> = {}): Caller =>
      new Caller((fate === 'hang' ? hurried : api).url, token, user);

    it('503 wherever it is needed, in the shape of the representation', async () => {
      const caller = failing(await signUp(api.url));
      fail();
      const credentials = { email: newEmail(), password: PASSWORD };
      const requests: [string, string, unknown][] = [
        ['POST', '/auth/signup', credentials],
        ['POST', '/auth/login', credentials],
        ['POST', '/login', credentials],
        ['POST', '/register', credentials],
        ['POST', '/auth/anonymous', undefined],
        ['POST', '/auth/otp', { email: newEmail() }],
        ['POST', '/auth/otp/verify', { email: newEmail(), token: '123456' }],
        ['POST', '/auth/refresh', { refresh_token: caller.user?.refreshToken }],
        ['GET', '/auth/me', undefined],
        ['GET', '/auth/session', undefined],
        ['GET', '/user', undefined],
        ['PUT', '/auth/session-data', { data: { a: 1 } }],
        ['PUT', '/auth/password', { current_password: PASSWORD, new_password: 'a new password' }],
      ];
      await Promise.all(
        requests.map(async ([method, path, body]) => {
          const plain = await caller.send(method, `/api${path}`, body);
          expect({ path, status: plain.status, body: plain.body }).toMatchObject({
            path,
            status: 503,
            body: { code: 'UPSTREAM_UNAVAILABLE', status: 503 },
          });
          expect(plain.headers.get('content-type')).toContain('application/problem+json');
          expect(plain.headers.get('retry-after')).toMatch(/^\d+$/);
          const confirmed = path.includes('signup')
            ? { ...(body as object), confirm_password: PASSWORD }
            : body;
          const enveloped = await caller.send(method, `/api/v1${path}`, confirmed);
          expect({ path, status: enveloped.status, body: enveloped.body }).toMatchObject({
            path,
            status: 503,
            body: { success: false, error: { error_code: 'UPSTREAM_UNAVAILABLE' } },
          });
          expect(JSON.stringify([plain.body, enveloped.body])).not.toContain('secret words');
        }),
      );
    });

    it('the token endpoint says so as OAuth2 does', async () => {
      fail();
      const form = new URLSearchParams({ grant_type: 'password', username: newEmail(), password: 'x' });
      const answer = await failing().post('/api/auth/token', form.toString(), {
        'content-type': 'application/x-www-form-urlencoded',
      });
      expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    });

    it('a password reset answers as always', async () => {
      fail();
      const answer = await failing().post('/api/auth/password-reset', { email: newEmail() });
      expect(answer).toMatchObject({ status: 200, body: { message: 'Password reset email sent' } });
    });

    it.each([
      ['/api/auth/logout', 503],
      ['/api/logout', 503],
      ['/api/v1/auth/logout', 200],
      ['/api/v1/logout', 200],
    ])('%s answers %i, and the session is refused anyway', async (path, status) => {
      const caller = await signUp(api.url);
      fail();
      await expect(failing(caller).post(path)).resolves.toMatchObject({ status });
      await expect(caller.get('/api/credits')).resolves.toMatchObject({ status: 401 });
      upstream.fate = () => 'forward';
      await expect(caller.get('/api/auth/me')).resolves.toMatchObject({ status: 401 });
      // Supabase still has the session, and would go on with it: what comes of that is refused, too.
      const claims = jwt.decode(String(caller.token), { json: true });
      const sessionId: unknown = claims?.session_id ?? claims?.sid;
      await expect(sql('select from auth.sessions where id = $1', [sessionId])).resolves.toHaveLength(1);
      const refreshed = await new Caller(api.url).post<{ access_token?: string }>('/api/auth/refresh', {
        refresh_token: caller.user?.refreshToken,
      });
      const again = new Caller(api.url, refreshed.body.access_token ?? 'x.y.z');
      await expect(again.get('/api/auth/me')).resolves.toMatchObject({ status: 401 });
      await sql('select supanest.sweep()');
      await expect(again.get('/api/auth/me')).resolves.toMatchObject({ status: 401 });
    });
  });

  it('a refresh that failed can be tried again', async () => {
    const caller = await signUp(api.url);
    const refresh = () =>
      new Caller(api.url).post('/api/auth/refresh', { refresh_token: caller.user?.refreshToken });
    upstream.fate = () => 'cut';
    await expect(refresh()).resolves.toMatchObject({ status: 503 });
    upstream.fate = () => 'forward';
    await expect(refresh()).resolves.toMatchObject({ status: 200 });
  });

  it("Supabase's own limit is passed on as ours", async () => {
    upstream.fate = () => ({
      status: 429,
      body: '{"code":429,"error_code":"over_request_rate_limit","msg":"x"}',
    });
    const answer = await new Caller(api.url).post('/api/auth/login', {
      email: newEmail(),
      password: PASSWORD,
    });
    expect(answer).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMIT_EXCEEDED', detail: 'Request limit exceeded. Try again later.' },
    });
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  it('nobody waits for Supabase who does not need it', async () => {
    const caller = await signUp(api.url);
    upstream.fate = () => 'hang';
    await expect(caller.get('/api/credits')).resolves.toMatchObject({ status: 200 });
    await expect(new Caller(api.url).get('/api/credits')).resolves.toMatchObject({ status: 401 });
  });
});
