import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { TokenCache } from '../../src/auth/tokens/token-cache.service.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { describeLocally } from '../harness/local-parts.js';
import { MODES } from './modes.js';

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describeLocally.each(MODES)('$mode', ({ environment }) => {
  let api: Api;
  let caller: Caller;
  let claims: Record<string, unknown>;
  beforeAll(async () => {
    api = await startApiFromSource(environment);
    caller = await signUp(api.url);
    const { url } = supabaseUnderTest();
    claims = {
      iss: `${url}/auth/v1`,
      aud: 'authenticated',
      role: 'authenticated',
      sub: caller.user?.id,
      email: caller.user?.email,
      exp: Math.floor(Date.now() / 1_000) + 600,
    };
  });
  afterAll(() => api.close());

  const statusOf = async (token: string): Promise<number> =>
    (await new Caller(api.url, token).get('/api/auth/session')).status;
  const sign = (changes: object, secret = supabaseUnderTest().jwtSecret): string =>
    jwt.sign({ ...claims, ...changes }, secret);

  it('a good one is taken, so that each refusal below is for the one thing that was changed', async () => {
    expect(await statusOf(sign({}))).toBe(200);
  });

  it.each<[string, () => string]>([
    ['alg none', () => `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claims)}.`],
    ['alg none with a signature', () => `${base64url({ alg: 'none' })}.${base64url(claims)}.x`],
    ['a wrong key', () => sign({}, 'not-the-secret-but-as-long-as-it-should-be')],
    [
      'the empty key',
      () => {
        const text = `${base64url({ alg: 'HS256' })}.${base64url(claims)}`;
        return `${text}.${createHmac('sha256', '').update(text).digest('base64url')}`;
      },
    ],
    ['a wrong audience', () => sign({ aud: 'somebody-else' })],
    ['a wrong issuer', () => sign({ iss: 'https://evil.example/auth/v1' })],
    ['an expired one', () => sign({ exp: 1 })],
    ['an unknown user', () => sign({ sub: randomUUID() })],
    ['an unknown session', () => sign({ session_id: randomUUID() })],
    [
      "somebody else's session",
      () => {
        const own = jwt.decode(String(caller.token), { json: true });
        return sign({ sub: randomUUID(), session_id: (own?.session_id ?? own?.sid) as string });
      },
    ],
    ['an id that is none', () => sign({ sub: "x' or 1=1" })],
    [
      'a made-up key',
      () => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return jwt.sign(claims, privateKey, { algorithm: 'ES256', keyid: 'made-up' });
      },
    ],
    ['the anon key', () => supabaseUnderTest().anonKey],
    ['the service key', () => supabaseUnderTest().serviceRoleKey],
    ['the publishable key', () => supabaseUnderTest().publishableKey],
    ['the secret key', () => supabaseUnderTest().secretKey],
    ['one that is too large', () => sign({ user_metadata: { a: 'x'.repeat(10_000) } })],
  ])('%s is refused', async (_name, make) => {
    expect(await statusOf(make())).toBe(401);
  });

  it('a token in the query, in a cookie or in the body is none', async () => {
    const stranger = new Caller(api.url);
    const token = String(caller.token);
    await expect(stranger.get(`/api/credits?access_token=${token}`)).resolves.toMatchObject({ status: 401 });
    await expect(
      stranger.get('/api/credits', { cookie: `access_token=${token}; token=${token}` }),
    ).resolves.toMatchObject({ status: 401 });
    await expect(stranger.post('/api/auth/logout', { access_token: token })).resolves.toMatchObject({
      status: 401,
    });
  });

  it.each([
    `Authorization: Basic ${Buffer.from('a:b').toString('base64')}`,
    'Authorization: Bearer',
    'Authorization: Bearer \u00ff\u00fe.x.y',
    'Authorization: Bearer x.y.z\r\nAuthorization: Bearer a.b.c',
    `Authorization: Bearer ${'x'.repeat(13_000)}.y.z`,
    'X-Forwarded-For: not an address\r\nAuthorization: Bearer a.b.c',
    `X-Forwarded-For: ${'1.2.3.4, '.repeat(500)}\r\nAuthorization: Bearer a.b.c`,
  ])('hostile headers: %j', async (header) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `GET /api/auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${header}\r\n\r\n`,
          'latin1',
        );
      });
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 401 Unauthorized');
  });

  it('a flood of forged tokens pushes out no good one', async () => {
    const cache = api.app.get(TokenCache, { strict: false });
    expect(await statusOf(String(caller.token))).toBe(200);
    const before = cache.size;
    const forged = Array.from({ length: 300 }, () =>
      sign({ jti: randomUUID() }, 'not-the-secret-but-as-long-as-it-should-be'),
    );
    const statuses = await Promise.all(forged.map((token) => statusOf(token)));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(cache.size).toBe(before);
    expect(cache.get(String(caller.token))?.userId).toBe(caller.user?.id);
  });

  it('signing in and out is logged by the user, without e-mail, password or token', async () => {
    const logging = await startApiFromSource({ ...environment, LOG_LEVEL: 'info' });
    try {
      const somebody = await signUp(logging.url);
      await somebody.post('/api/auth/logout');
      const entries = logging.log.map((line) => JSON.parse(line) as Record<string, unknown>);
      for (const msg of ['signed up', 'signed in', 'signed out']) {
        expect(entries).toContainEqual(
          expect.objectContaining({ level: 'info', msg, user_id: somebody.user?.id }),
        );
      }
      const everything = logging.log.join('');
      for (const secret of [
        somebody.user?.email,
        somebody.user?.password,
        somebody.user?.refreshToken,
        somebody.token,
      ]) {
        expect(everything).not.toContain(secret);
      }
    } finally {
      await logging.close();
    }
  });
});
