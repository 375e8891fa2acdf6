import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { comeBack, cookieOf } from './sign-in-elsewhere.js';

const APP = 'https://app.example.com/signed-in';

interface SignIn {
  access_token: string;
  refresh_token: string;
  user: { id: string };
}

/** Makes a sign-in that was begun too late to end; those of other suites are nobody's business here. */
const expire = (cookie: string) =>
  sql(
    `update supanest.sign_in_flows set expires_at = now() - interval '1 second'
     where id = sha256(convert_to($1, 'utf8'))`,
    [cookie.replace(/^.*=/, '')],
  );

describe.each(MODES)('OAuth $mode', ({ environment }) => {
  let api: Api;
  let replica: Api;
  beforeAll(async () => {
    const settings = { ...environment, REDIRECT_URLS: 'https://app.example.com/**' };
    [api, replica] = await Promise.all([startApi(settings), startApi(settings)]);
  });
  afterAll(() => Promise.all([api.close(), replica.close()]));

  const stranger = (at = api) => new Caller(at.url);
  const begin = async (prefix = '/api', redirectUrl?: string) => {
    const query = redirectUrl === undefined ? '' : `?redirect_url=${encodeURIComponent(redirectUrl)}`;
    const answer = await stranger().get(`${prefix}/auth/oauth/github${query}`);
    return { answer, cookie: cookieOf(answer), ...resourceOf<{ provider: string; url: string }>(answer) };
  };

  describe.each(representations)('$prefix', ({ prefix, invalid }) => {
    it('begins with a URL and a state that only the browser has', async () => {
      const { answer, url, provider } = await begin(prefix, APP);
      expect({ provider, status: answer.status }).toEqual({ provider: 'github', status: 200 });
      const { origin, pathname, searchParams } = new URL(url);
      expect(`${origin}${pathname}`).toBe(`${supabaseUnderTest().url}/auth/v1/authorize`);
      expect(Object.fromEntries(searchParams)).toEqual({
        provider: 'github',
        redirect_to: `${api.url}${prefix}/auth/callback`,
        code_challenge: expect.stringMatching(/^[\w-]{43}$/),
        code_challenge_method: 's256',
      });
      expect(answer.headers.get('set-cookie')).toMatch(
        /^supanest_state=[\w-]{43}; Path=\/api; Max-Age=600; HttpOnly; SameSite=Lax$/,
      );
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });

    it('ends with the sign-in answer, on any replica', async () => {
      const user = (await signUp(api.url)).user;
      const { url, cookie } = await begin(prefix);
      const code = await comeBack(url, String(user?.id));
      const answer = await stranger(replica).get(`${prefix}/auth/callback?code=${code}`, { cookie });
      const signIn = resourceOf<SignIn>(answer);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('set-cookie')).toContain('supanest_state=; Path=/api; Max-Age=0');
      expect(signIn.user).toHaveProperty(prefix === '/api' ? 'email_confirmed_at' : 'email_confirmed');
      const me = await new Caller(api.url, signIn.access_token).get('/api/users/me');
      expect(me).toMatchObject({ status: 200, body: { username: user?.id } });
      const refreshed = await stranger().post('/api/auth/refresh', { refresh_token: signIn.refresh_token });
      expect(refreshed.status).toBe(200);
    });

    it('or with a redirect that has the tokens in its fragment', async () => {
      const user = (await signUp(api.url)).user;
      const { url, cookie } = await begin(prefix, `${APP}?tab=1#old`);
      const code = await comeBack(url, String(user?.id));
      const answer = await stranger().get(`${prefix}/auth/callback?code=${code}`, { cookie });
      expect(answer).toMatchObject({ status: 302, body: '' });
      const target = new URL(answer.headers.get('location') ?? '');
      expect(`${target.origin}${target.pathname}${target.search}`).toBe(`${APP}?tab=1`);
      const tokens = Object.fromEntries(new URLSearchParams(target.hash.slice(1)));
      expect(Object.keys(tokens).sort()).toEqual([
        'access_token',
        'expires_in',
        'refresh_token',
        'token_type',
      ]);
      const me = await new Caller(api.url, tokens.access_token).get('/api/users/me');
      expect(me).toMatchObject({ status: 200, body: { username: user?.id } });
    });

    it('tells the target when it was broken off', async () => {
      const query = 'error=access_denied&error_code=x&error_description=secret+words';
      const { cookie } = await begin(prefix, APP);
      const answer = await stranger().get(`${prefix}/auth/callback?${query}`, { cookie });
      expect(answer.headers.get('location')).toBe(
        `${APP}#error=access_denied&error_description=The+sign-in+was+not+completed`,
      );
      const other = await begin(prefix);
      const refused = await stranger().get(`${prefix}/auth/callback?${query}`, { cookie: other.cookie });
      expect(errorOf(refused)).toEqual({
        status: 401,
        code: 'AUTHENTICATION_ERROR',
        detail: 'The sign-in was not completed',
      });
    });

    it('goes only to where it is allowed to', async () => {
      for (const target of [
        'https://evil.example.com/signed-in',
        'https://app.example.com@evil.example.com/',
        'https://app.example.com.evil.example.com/',
        'javascript:alert(1)',
        '//app.example.com/',
        '',
      ]) {
        const answer = await stranger().get(
          `${prefix}/auth/oauth/github?redirect_url=${encodeURIComponent(target)}`,
        );
        expect({ target, ...errorOf(answer) }).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
        expect(answer.headers.get('set-cookie')).toBeNull();
      }
      const unknown = await stranger().get(`${prefix}/auth/oauth/GitHub%20x`);
      expect(errorOf(unknown)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    });
  });

  it('a state used twice, of another browser, forged, expired or missing is refused', async () => {
    const userId = String((await signUp(api.url)).user?.id);
    const refused = { status: 401, code: 'AUTHENTICATION_ERROR' };
    const callback = async (code: string, cookie?: string) =>
      errorOf(
        await stranger().get(`/api/auth/callback?code=${code}`, cookie === undefined ? {} : { cookie }),
      );

    const first = await begin();
    const code = await comeBack(first.url, userId);
    const forged = `supanest_state=${'A'.repeat(43)}`;
    for (const cookie of [
      undefined,
      '',
      forged,
      'supanest_state=x',
      `${first.cookie}x`,
      (await begin()).cookie,
    ]) {
      await expect(callback(code, cookie)).resolves.toMatchObject(refused);
    }
    const cookie = `a=b; ${first.cookie}; c=d`;
    const answer = await stranger().get(`/api/auth/callback?code=${code}`, { cookie });
    expect(answer.status).toBe(200);
    const second = await comeBack(first.url, userId);
    await expect(callback(second, first.cookie)).resolves.toMatchObject(refused);

    const late = await begin();
    const lateCode = await comeBack(late.url, userId);
    await expire(late.cookie);
    await expect(callback(lateCode, late.cookie)).resolves.toMatchObject(refused);
  });

  it('one of many who come back at the same time gets in', async () => {
    const userId = String((await signUp(api.url)).user?.id);
    const { url, cookie } = await begin();
    const code = await comeBack(url, userId);
    const answers = await Promise.all(
      [api, replica, api, replica].map((at) =>
        stranger(at).get(`/api/auth/callback?code=${code}`, { cookie }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
  });

  it('a code that is none is an invalid request, and does not end the flow', async () => {
    const userId = String((await signUp(api.url)).user?.id);
    const { url, cookie } = await begin();
    for (const query of ['', '?code=', '?code=a&code=b', '?code=a%2Fb']) {
      const answer = await stranger().get(`/api/auth/callback${query}`, { cookie });
      expect({ query, ...errorOf(answer) }).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' });
    }
    const code = await comeBack(url, userId);
    await expect(stranger().get(`/api/auth/callback?code=${code}`, { cookie })).resolves.toMatchObject({
      status: 200,
    });
  });

  it('a code that Supabase does not know is refused', async () => {
    const { cookie } = await begin();
    const answer = await stranger().get('/api/auth/callback?code=3c9e1f6a-2b7d-4e0c-9a55-8d1f0b6c7e42', {
      cookie,
    });
    expect(errorOf(answer)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' });
  });

  it('keeps neither the state nor what has expired', async () => {
    const { cookie } = await begin();
    const state = cookie.replace(/^.*=/, '');
    const rows = await sql<{ row: string }>('select f::text as row from supanest.sign_in_flows f');
    expect(JSON.stringify(rows)).not.toContain(state);
    await expire(cookie);
    await begin();
    await expect(sql('select from supanest.sign_in_flows where expires_at < now()')).resolves.toEqual([]);
  });
});

describe('behind a proxy', () => {
  it('comes back to the public URL, with a cookie for HTTPS only', async () => {
    const api = await startApi({ PUBLIC_URL: 'https://api.example.com/' });
    try {
      const answer = await new Caller(api.url).get('/api/v1/auth/oauth/google');
      const { url } = resourceOf<{ url: string }>(answer);
      expect(new URL(url).searchParams.get('redirect_to')).toBe(
        'https://api.example.com/api/v1/auth/callback',
      );
      expect(answer.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax; Secure$/);
    } finally {
      await api.close();
    }
  });
});
