import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { Upstream, type Fate } from '../harness/upstream.js';
import { challengedUrl, comeBack, cookieOf } from './sign-in-elsewhere.js';

const APP = 'https://app.example.com/signed-in';

interface Identity {
  identity_id: string;
  provider: string;
}

/** A second identity, as a provider would have linked it. */
async function link(userId: string): Promise<void> {
  await sql(
    `insert into auth.identities (id, provider_id, user_id, provider, identity_data, created_at, updated_at)
     select gen_random_uuid(), '42', u.id, 'github', jsonb_build_object('sub', '42', 'email', u.email), now(), now()
     from auth.users u where u.id = $1`,
    [userId],
  );
}

describe.each(MODES)('signing in elsewhere $mode', ({ environment }) => {
  let upstream: Upstream;
  let api: Api;
  beforeAll(async () => {
    upstream = await Upstream.start();
    api = await startApi({
      ...environment,
      ...upstream.environment,
      REDIRECT_URLS: 'https://app.example.com/**',
    });
  });
  afterEach(() => {
    upstream.fate = () => 'forward';
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
  });
  const stranger = () => new Caller(api.url);
  const only = (part: string, fate: Fate): void => {
    upstream.fate = (path) => (path.includes(part) ? fate : 'forward');
  };
  const json = (status: number, body: object): Fate => ({ status, body: JSON.stringify(body) });

  describe.each(representations)('$prefix', ({ prefix, invalid }) => {
    it('an ID token that Supabase takes signs in', async () => {
      const { user } = await signUp(api.url);
      // A real session, in the answer of the ID token grant.
      const { url, publishableKey } = supabaseUnderTest();
      const session = await fetch(`${url}/auth/v1/token?grant_type=password`, {
        method: 'POST',
        headers: { apikey: publishableKey, 'content-type': 'application/json' },
        body: JSON.stringify({ email: user?.email, password: PASSWORD }),
      });
      only('grant_type=id_token', { status: 200, body: await session.text() });
      const body = { provider: 'google', id_token: 'a.b.c', nonce: 'n' };
      const answer = await stranger().post(`${prefix}/auth/id-token`, body);
      const { access_token } = resourceOf<{ access_token: string }>(answer);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      const me = await new Caller(api.url, access_token).get('/api/users/me');
      expect(me).toMatchObject({ status: 200, body: { username: user?.id } });
    });

    it('an ID token that it does not take is refused', async () => {
      const post = async () =>
        errorOf(await stranger().post(`${prefix}/auth/id-token`, { provider: 'google', id_token: 'a.b.c' }));
      only('grant_type=id_token', json(400, { error: 'invalid request', error_description: 'Bad ID token' }));
      await expect(post()).resolves.toEqual({
        status: 401,
        code: 'AUTHENTICATION_ERROR',
        detail: 'Invalid or expired ID token',
      });
      only('grant_type=id_token', json(400, { code: 400, error_code: 'provider_disabled', msg: 'x' }));
      await expect(post()).resolves.toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
      only('grant_type=id_token', 'cut');
      await expect(post()).resolves.toMatchObject({ status: 503 });
      upstream.fate = () => 'forward';
      const { status } = await post();
      expect([401, 403, invalid]).toContain(status);
    });

    it.each([
      ['id-token', {}],
      ['id-token', { provider: 'google' }],
      ['id-token', { provider: 'Google!', id_token: 'x' }],
      ['id-token', { provider: 'google', id_token: 'x', nonce: 1 }],
      ['sso', { domain: 'example.com' }],
      ['sso', { domain: 'no domain', redirect_url: APP }],
      ['sso', { domain: 'example.com', redirect_url: 'https://evil.example.com/' }],
    ])('%s refuses %j', async (route, body) => {
      const answer = await stranger().post(`${prefix}/auth/${route}`, body);
      expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    });

    it('single sign-on answers with the URL, and comes back as OAuth does', async () => {
      const { user } = await signUp(api.url);
      const idp = 'https://idp.example.com/saml?SAMLRequest=x';
      only('/sso', json(200, { url: idp }));
      const answer = await stranger().post(`${prefix}/auth/sso`, {
        domain: 'example.com',
        redirect_url: APP,
      });
      expect(resourceOf(answer)).toEqual({ url: idp });
      expect(cookieOf(answer)).toMatch(/^supanest_state=/);
      const code = await comeBack(await challengedUrl(cookieOf(answer)), String(user?.id));
      const back = await stranger().get(`${prefix}/auth/callback?code=${code}`, { cookie: cookieOf(answer) });
      expect(back.status).toBe(302);
      expect(back.headers.get('location')).toContain(`${APP}#access_token=`);
    });

    it('single sign-on is refused where there is none', async () => {
      const post = async () =>
        stranger().post(`${prefix}/auth/sso`, { domain: 'example.com', redirect_url: APP });
      const disabled = await post();
      expect(errorOf(disabled)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
      expect(disabled.headers.get('set-cookie')).toBeNull();
      only('/sso', json(404, { code: 404, error_code: 'sso_provider_not_found', msg: 'x' }));
      expect(errorOf(await post())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      for (const url of ['javascript:alert(1)', '', 7]) {
        only('/sso', json(200, { url }));
        expect(errorOf(await post())).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      }
    });

    it('identities are listed, and removed but for the last', async () => {
      const caller = await signUp(api.url);
      const list = async () => resourceOf<Identity[]>(await caller.get(`${prefix}/auth/identities`));
      const [email] = await list();
      expect(email).toMatchObject({ provider: 'email', user_id: caller.user?.id });
      const remove = (id: unknown) => caller.delete(`${prefix}/auth/identities/${String(id)}`);
      expect(errorOf(await remove(email?.identity_id))).toEqual({
        status: 409,
        code: 'CONFLICT',
        detail: 'The only way to sign in cannot be removed',
      });
      await link(String(caller.user?.id));
      const github = (await list()).find(({ provider }) => provider === 'github');
      await expect(remove(github?.identity_id)).resolves.toMatchObject({ status: 204, body: '' });
      await expect(list()).resolves.toHaveLength(1);
      await link(String(caller.user?.id));
      expect(errorOf(await remove(github?.identity_id))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(errorOf(await remove('x'))).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      await sql('delete from auth.identities where user_id = $1 and provider = $2', [
        caller.user?.id,
        'github',
      ]);
    });

    it("nobody removes somebody else's identity", async () => {
      const [owner, thief] = await Promise.all([signUp(api.url), signUp(api.url)]);
      const [identity] = resourceOf<Identity[]>(await owner.get(`${prefix}/auth/identities`));
      await link(String(thief.user?.id));
      const answer = await thief.delete(`${prefix}/auth/identities/${String(identity?.identity_id)}`);
      expect(errorOf(answer)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(resourceOf(await owner.get(`${prefix}/auth/identities`))).toHaveLength(1);
      await sql('delete from auth.identities where user_id = $1 and provider = $2', [
        thief.user?.id,
        'github',
      ]);
    });

    it('linking begins at Supabase with the own token, and ends as the same user', async () => {
      const caller = await signUp(api.url);
      only('/user/identities/authorize', json(200, { url: 'https://github.com/login/oauth' }));
      const answer = await caller.post(`${prefix}/auth/identities/github`, { redirect_url: APP });
      expect(answer.status).toBe(200);
      expect(resourceOf(answer)).toEqual({ provider: 'github', url: 'https://github.com/login/oauth' });
      const [, asked = ''] = String(upstream.seen.at(-1)).split(' ');
      const query = Object.fromEntries(new URL(asked, api.url).searchParams);
      expect(query).toMatchObject({
        provider: 'github',
        redirect_to: `${api.url}${prefix}/auth/callback`,
        skip_http_redirect: 'true',
        code_challenge_method: 's256',
      });
      upstream.fate = () => 'forward';
      const code = await comeBack(new URL(asked, api.url).href, String(caller.user?.id));
      const back = await stranger().get(`${prefix}/auth/callback?code=${code}`, { cookie: cookieOf(answer) });
      const fragment = new URLSearchParams(new URL(back.headers.get('location') ?? '').hash.slice(1));
      const me = await new Caller(api.url, String(fragment.get('access_token'))).get('/api/users/me');
      expect(me).toMatchObject({ status: 200, body: { username: caller.user?.id } });
    });

    it('linking does not end as somebody else', async () => {
      const [caller, other] = await Promise.all([signUp(api.url), signUp(api.url)]);
      only('/user/identities/authorize', json(200, { url: 'https://github.com/login/oauth' }));
      const answer = await caller.post(`${prefix}/auth/identities/github`, { redirect_url: APP });
      const [, asked = ''] = String(upstream.seen.at(-1)).split(' ');
      upstream.fate = () => 'forward';
      const code = await comeBack(new URL(asked, api.url).href, String(other.user?.id));
      const back = await stranger().get(`${prefix}/auth/callback?code=${code}`, { cookie: cookieOf(answer) });
      expect(errorOf(back)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' });
      await expect(
        sql('select from auth.sessions where user_id = $1', [other.user?.id]),
      ).resolves.toHaveLength(1);
    });

    it('linking is refused where it cannot be', async () => {
      const caller = await signUp(api.url);
      const post = async (provider: string, redirect_url = APP) =>
        caller.post(`${prefix}/auth/identities/${provider}`, { redirect_url });
      expect(errorOf(await post('nobody'))).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      expect(errorOf(await post('github', 'https://evil.example.com/'))).toMatchObject({ status: invalid });
      only(
        '/user/identities/authorize',
        json(404, { code: 404, error_code: 'manual_linking_disabled', msg: 'x' }),
      );
      const disabled = await post('github');
      expect(errorOf(disabled)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
      expect(disabled.headers.get('set-cookie')).toBeNull();
      const nobody = await stranger().post(`${prefix}/auth/identities/github`, { redirect_url: APP });
      expect(nobody.status).toBe(401);
    });
  });
});
