import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { API_SECRET_KEY, MODES } from '../auth/modes.js';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { isHosted } from '../harness/local-parts.js';
import { Upstream, type Fate } from '../harness/upstream.js';
import { askAuth, askStorage, askTheRest, MARK, secretsOf } from './secretive-requests.js';

/** All that reaches a terminal: the API's own lines, and whatever a library says past it. */
const said: string[] = [];
beforeAll(() => {
  for (const method of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    jest.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      said.push(words.map(String).join(' '));
    });
  }
});
afterAll(() => {
  jest.restoreAllMocks();
});

function expectClean({ log }: Api, secrets: readonly string[]): void {
  const { secretKey, serviceRoleKey, jwtSecret } = supabaseUnderTest();
  const text = [...log, ...said].join('');
  const known = isHosted ? [secretKey] : [secretKey, serviceRoleKey, jwtSecret];
  for (const secret of [MARK, API_SECRET_KEY, ...known, ...secrets]) {
    expect(secret).not.toBe('');
    const line = [...log, ...said].find((entry) => entry.includes(secret));
    expect(text.includes(secret) ? `the log holds ${secret}: ${String(line)}` : 'clean').toBe('clean');
  }
}

describe.each(MODES)('the log, at its loudest, $mode', ({ environment }) => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi({ ...environment, LOG_LEVEL: 'trace' });
  });
  afterAll(() => api.close());

  it('should say which request, route, status, time and actor', async () => {
    const user = await signUp(api.url);
    const answer = await user.get('/api/users/me?secret=in-the-query', { 'x-request-id': 'the-request-42' });
    expect(answer.status).toBe(200);
    const line = api.log
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find((entry) => entry.request_id === 'the-request-42');
    expect(line).toMatchObject({
      msg: 'request',
      method: 'GET',
      route: '/api/users/me',
      status: 200,
      duration_ms: expect.any(Number),
      actor_id: (answer.body as { id: number }).id,
    });
  });

  it('should never hold a body, a password, a code, a token, a cookie, a header or a key, of any room', async () => {
    const learned: string[] = [];
    const learn = (...secrets: string[]): void => void learned.push(...secrets);
    const user = await signUpAdmin(api.url);
    await askTheRest(user);
    await askStorage(user, learn);
    await askAuth(user, learn);
    await user.put('/api/auth/password', { current_password: MARK, new_password: `new-${MARK}` });
    await user.post('/api/auth/logout');
    expect(api.log.length).toBeGreaterThan(30);
    // The state, its challenge, the factor's secret, its URI, a code, two tokens, two signed URLs.
    expect(learned).toHaveLength(9);
    expectClean(api, [...secretsOf(user), ...learned]);
  });
});

/** What an upstream may say, and what must not be repeated of it. */
const WORDS: Record<string, Fate> = {
  'JSON that breaks off': { status: 200, body: `{"access_token": "${MARK}` },
  'no JSON': { status: 200, body: MARK },
  'JSON of another shape': { status: 200, body: JSON.stringify({ access_token: MARK, user: [MARK] }) },
  'an error that repeats the request': {
    status: 500,
    body: JSON.stringify({ statusCode: '500', code: 'XX000', error: MARK, token: MARK }),
  },
  'an error of the database': {
    status: 500,
    body: JSON.stringify({ code: 'XX000', message: `broken: ${MARK}`, details: MARK, hint: MARK }),
  },
  'a page': { status: 502, body: `<html>${MARK}</html>`, type: 'text/html' },
};

describe('the log, when Supabase', () => {
  let upstream: Upstream;
  let api: Api;
  beforeAll(async () => {
    upstream = await Upstream.start();
    api = await startApi({ ...MODES[0]?.environment, ...upstream.environment, LOG_LEVEL: 'trace' });
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
  });

  it.each(Object.entries(WORDS))('answers %s, should not repeat it', async (_what, fate) => {
    const user = await signUp(api.url);
    api.log.length = 0;
    upstream.fate = () => fate;
    const stranger = new Caller(api.url);
    const bucket = '/api/storage/buckets/user-files';
    const asked = await Promise.all([
      stranger.post('/api/auth/login', { email: user.user?.email, password: 'x' }),
      stranger.post('/api/auth/id-token', { provider: 'acme', id_token: 'a.b.c' }),
      stranger.post('/api/auth/sso', { domain: 'example.com', redirect_url: 'http://127.0.0.1:3000/' }),
      user.get('/api/auth/me'),
      user.post('/api/auth/mfa/factors', {}),
      user.get('/api/storage/buckets'),
      user.post(`${bucket}/signed-urls`, { path: 'x' }),
      user.send('POST', `${bucket}/objects/x`, 'x', { 'content-type': 'text/plain' }),
      user.get(`/api/database/notes?body=eq.x`),
      user.post('/api/database/rpc/add', { a: 1, b: 2 }),
      user.post('/api/realtime/channels/room/broadcast', { event: 'x', payload: {} }),
    ]);
    upstream.fate = () => 'forward';
    expect(asked.filter(({ status }) => status === 503).length).toBeGreaterThan(4);
    expect(api.log.length).toBeGreaterThan(asked.length);
    expectClean(api, secretsOf(user));
  });
});
