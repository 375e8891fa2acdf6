import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { API_SECRET_KEY, MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { totp, wrongCode } from './totp.js';

interface Factor {
  id: string;
  type: string;
  friendly_name?: string;
  totp: { qr_code: string; secret: string; uri: string };
}
interface SignIn {
  access_token: string;
  refresh_token: string;
  user: { id: string };
}

const enroll = async (caller: Caller, prefix: string, body: object = {}): Promise<Factor> =>
  resourceOf<Factor>(await caller.post(`${prefix}/auth/mfa/factors`, body));
const challenge = async (caller: Caller, prefix: string, factorId: string): Promise<string> =>
  resourceOf<{ id: string }>(await caller.post(`${prefix}/auth/mfa/factors/${factorId}/challenge`)).id;
const verify = async (caller: Caller, prefix: string, factorId: string, code: string) =>
  caller.post(`${prefix}/auth/mfa/factors/${factorId}/verify`, {
    challenge_id: await challenge(caller, prefix, factorId),
    code,
  });

/** The caller, in a session that his factor has raised. */
async function raise(caller: Caller, prefix: string, factor: Factor): Promise<Caller> {
  const answer = await verify(caller, prefix, factor.id, totp(factor.totp.secret));
  const signIn = resourceOf<SignIn>(answer);
  return new Caller(caller.url, signIn.access_token, {
    ...(caller.user ?? { id: '', email: '', password: '' }),
    refreshToken: signIn.refresh_token,
  });
}

describe.each(MODES)('second factors $mode', ({ environment }) => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi(environment);
  });
  afterAll(() => api.close());
  const ownTokens = 'API_SECRET_KEY' in environment;

  describe.each(representations)('$prefix', ({ prefix, invalid }) => {
    it('are set up, verified, listed and removed', async () => {
      const caller = await signUp(api.url);
      const created = await caller.post(`${prefix}/auth/mfa/factors`, {
        friendly_name: 'phone',
        issuer: 'Us',
      });
      expect(created.status).toBe(201);
      expect(created.headers.get('cache-control')).toBe('no-store');
      const factor = resourceOf<Factor>(created);
      expect(factor).toEqual({
        id: expect.any(String),
        type: 'totp',
        friendly_name: 'phone',
        totp: {
          qr_code: expect.stringMatching(/^data:image\/svg\+xml;utf-8,.*<svg/s),
          secret: expect.stringMatching(/^[A-Z2-7]{16,}$/),
          uri: expect.stringMatching(/^otpauth:\/\/totp\/Us/),
        },
      });
      const list = () => caller.get(`${prefix}/auth/mfa/factors`);
      expect(resourceOf(await list())).toMatchObject([
        { id: factor.id, status: 'unverified', friendly_name: 'phone' },
      ]);

      const raised = await raise(caller, prefix, factor);
      expect(resourceOf(await raised.get(`${prefix}/auth/mfa/factors`))).toMatchObject([
        { id: factor.id, status: 'verified', factor_type: 'totp' },
      ]);
      const removed = await raised.delete(`${prefix}/auth/mfa/factors/${factor.id}`);
      expect(removed).toMatchObject({ status: 204, body: '' });
      expect(resourceOf(await raised.get(`${prefix}/auth/mfa/factors`))).toEqual([]);
    });

    it('refuse what is no request', async () => {
      const caller = await signUp(api.url);
      const id = '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10';
      const bad: [string, string, unknown][] = [
        ['POST', '', { factor_type: 'phone' }],
        ['POST', '', { friendly_name: '' }],
        ['POST', '', { phone: '1' }],
        ['POST', '/x/challenge', undefined],
        ['DELETE', '/..%2fuser', undefined],
        ['POST', `/${id}/verify`, { challenge_id: id, code: '12345' }],
        ['POST', `/${id}/verify`, { challenge_id: 'x', code: '123456' }],
        ['POST', `/${id}/verify`, { challenge_id: id, code: 123456 }],
      ];
      for (const [method, path, body] of bad) {
        const answer = await caller.send(method, `${prefix}/auth/mfa/factors${path}`, body);
        expect({ path, body, ...errorOf(answer) }).toMatchObject({
          status: invalid,
          code: 'VALIDATION_ERROR',
        });
      }
      for (const [method, path, body] of [
        ['POST', `/${id}/challenge`, undefined],
        ['DELETE', `/${id}`, undefined],
        ['POST', `/${id}/verify`, { challenge_id: id, code: '123456' }],
      ] as const) {
        const answer = await caller.send(method, `${prefix}/auth/mfa/factors${path}`, body);
        expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      }
      await expect(new Caller(api.url).get(`${prefix}/auth/mfa/factors`)).resolves.toMatchObject({
        status: 401,
      });
    });

    it('a wrong code is an invalid request and changes nothing', async () => {
      const caller = await signUp(api.url);
      const factor = await enroll(caller, prefix);
      const answer = await verify(caller, prefix, factor.id, wrongCode(factor.totp.secret));
      expect(errorOf(answer)).toMatchObject({
        status: invalid,
        code: 'VALIDATION_ERROR',
        detail: 'The code is wrong',
      });
      expect(JSON.stringify(answer.body)).toContain('"field":"code"');
      expect(resourceOf(await caller.get(`${prefix}/auth/mfa/factors`))).toMatchObject([
        { status: 'unverified' },
      ]);
    });
  });

  it('raise the session to AAL2: the same one, with new tokens', async () => {
    const caller = await signUp(api.url);
    const factor = await enroll(caller, '/api');
    const raised = await raise(caller, '/api', factor);
    const before = jwt.decode(String(caller.token), { json: true });
    const after = jwt.decode(String(raised.token), { json: true });
    const sessionId: unknown = after?.session_id ?? after?.sid;
    expect(sessionId).toBe(before?.session_id ?? before?.sid);
    await expect(sql('select aal from auth.sessions where id = $1', [sessionId])).resolves.toEqual([
      { aal: 'aal2' },
    ]);
    if (ownTokens) {
      expect(Object.keys(after ?? {}).sort()).toEqual(['email', 'exp', 'iat', 'sid', 'sub']);
      expect(jwt.verify(String(raised.token), API_SECRET_KEY)).toMatchObject({ sub: caller.user?.id });
    } else {
      expect(after).toMatchObject({
        aal: 'aal2',
        amr: expect.arrayContaining([expect.objectContaining({ method: 'totp' })]),
      });
    }
    // Another factor may be begun only by a raised session: the stored session was replaced, too.
    await expect(raised.post('/api/auth/mfa/factors', { friendly_name: 'two' })).resolves.toMatchObject({
      status: 201,
    });
    const refreshed = await raised.post<SignIn>('/api/auth/refresh', {
      refresh_token: raised.user?.refreshToken,
    });
    expect(refreshed.status).toBe(200);
    const again = new Caller(api.url, refreshed.body.access_token);
    await expect(again.delete(`/api/auth/mfa/factors/${factor.id}`)).resolves.toMatchObject({ status: 204 });
  });

  it('a verified factor is neither removed nor added to by a session that was not raised', async () => {
    const caller = await signUp(api.url);
    const factor = await enroll(caller, '/api');
    await raise(caller, '/api', factor);
    const { email } = caller.user ?? {};
    const answer = await new Caller(api.url).post<SignIn>('/api/auth/login', { email, password: PASSWORD });
    const lesser = new Caller(api.url, answer.body.access_token);
    for (const prefix of ['/api', '/api/v1']) {
      expect(errorOf(await lesser.delete(`${prefix}/auth/mfa/factors/${factor.id}`))).toEqual({
        status: 403,
        code: 'PERMISSION_DENIED',
        detail: 'A second factor is needed for this',
      });
      const more = await lesser.post(`${prefix}/auth/mfa/factors`, {});
      expect(errorOf(more)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    }
    expect(resourceOf(await lesser.get('/api/auth/mfa/factors'))).toMatchObject([{ status: 'verified' }]);
  });

  it("nobody reaches somebody else's factors and challenges", async () => {
    const [owner, thief] = await Promise.all([signUp(api.url), signUp(api.url)]);
    const factor = await enroll(owner, '/api');
    const own = await enroll(thief, '/api');
    const challengeId = await challenge(owner, '/api', factor.id);
    const code = totp(factor.totp.secret);
    const path = `/api/auth/mfa/factors/${factor.id}`;
    for (const answer of [
      await thief.post(`${path}/challenge`),
      await thief.delete(path),
      await thief.post(`${path}/verify`, { challenge_id: challengeId, code }),
      await thief.post(`/api/auth/mfa/factors/${own.id}/verify`, {
        challenge_id: challengeId,
        code: totp(own.totp.secret),
      }),
    ]) {
      expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
    const right = await owner.post(`${path}/verify`, { challenge_id: challengeId, code });
    expect(right.status).toBe(200);
    // A challenge is answered once.
    const again = await new Caller(api.url, (right.body as SignIn).access_token).post(`${path}/verify`, {
      challenge_id: challengeId,
      code: totp(factor.totp.secret),
    });
    expect(again.status).toBe(400);
  });

  it('an expired challenge is refused', async () => {
    const caller = await signUp(api.url);
    const factor = await enroll(caller, '/api');
    const challengeId = await challenge(caller, '/api', factor.id);
    await sql("update auth.mfa_challenges set created_at = now() - interval '1 hour' where id = $1", [
      challengeId,
    ]);
    const answer = await caller.post(`/api/auth/mfa/factors/${factor.id}/verify`, {
      challenge_id: challengeId,
      code: totp(factor.totp.secret),
    });
    expect(errorOf(answer)).toMatchObject({ status: 400, detail: 'The challenge has expired' });
  });

  it('a name is taken once; an anonymous user has none', async () => {
    const caller = await signUp(api.url);
    await enroll(caller, '/api', { friendly_name: 'one' });
    const twice = await caller.post('/api/auth/mfa/factors', { friendly_name: 'one' });
    expect(errorOf(twice)).toMatchObject({ status: 409, code: 'CONFLICT' });
    const { access_token } = resourceOf<SignIn>(await new Caller(api.url).post('/api/auth/anonymous'));
    const refused = await new Caller(api.url, access_token).post('/api/auth/mfa/factors', {});
    expect(errorOf(refused)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
  });
});

describe('guessing codes', () => {
  it('is limited for each user, from whatever address', async () => {
    const api = await startApi({ GUESSING_LIMIT_PER_EMAIL: '3', GUESSING_LIMIT_PER_IP: '1000' });
    try {
      const caller = await signUp(api.url);
      const factor = await enroll(caller, '/api');
      const id = await challenge(caller, '/api', factor.id);
      const guess = (code: string) =>
        // A new caller has a new address.
        new Caller(api.url, caller.token).post(`/api/auth/mfa/factors/${factor.id}/verify`, {
          challenge_id: id,
          code,
        });
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) statuses.push((await guess(wrongCode(factor.totp.secret))).status);
      expect(statuses).toEqual([400, 400, 400]);
      const refused = await guess(totp(factor.totp.secret));
      expect(errorOf(refused)).toMatchObject({ status: 429, code: 'RATE_LIMIT_EXCEEDED' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await api.close();
    }
  });
});
