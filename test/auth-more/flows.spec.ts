import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Claims } from '../../packages/local-supabase/test/auth/external/identity-provider.ts';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { describeLocally } from '../harness/local-parts.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { Upstream, type Fate } from '../harness/upstream.js';
import { comeBack, cookieOf } from './sign-in-elsewhere.js';
import {
  bringBack,
  newIdentityProvider,
  newOrganization,
  requestIn,
  type Organization,
} from './sso-project.js';
import { fragmentOf } from './travel.js';

const APP = 'https://app.example.com/signed-in';

interface Identity {
  identity_id: string;
  provider: string;
}

/** A second identity, as a provider would have linked it. */
async function link(userId: string): Promise<void> {
  await sql(
    `insert into auth.identities (id, provider_id, user_id, provider, identity_data, created_at, updated_at)
     select gen_random_uuid(), u.id, u.id, 'github', jsonb_build_object('sub', u.id, 'email', u.email), now(), now()
     from auth.users u where u.id = $1`,
    [userId],
  );
}

let organization: Organization;
beforeAll(async () => {
  organization = await newOrganization();
});

describeLocally.each(MODES)('signing in elsewhere $mode', ({ environment }) => {
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
  /** A single sign-on, up to where the browser is sent back to the API. */
  const singleSignOn = async (prefix: string, known?: Claims) => {
    const { domain, idp } = organization;
    const email = `${randomUUID()}@${domain}`;
    const claims = known ?? { nameId: randomUUID(), attributes: { mail: email } };
    const answer = await stranger().post(`${prefix}/auth/sso`, { domain, redirect_url: APP });
    const begun = resourceOf<{ url: string }>(answer);
    const back = await bringBack(requestIn(begun.url), idp, claims);
    return { answer, begun, back, email, nameId: String(claims.nameId) };
  };
  const json = (status: number, body: object): Fate => ({ status, body: JSON.stringify(body) });

  describe.each(representations)('$prefix', ({ prefix, invalid }) => {
    it('an ID token that Supabase does not take is refused', async () => {
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

    it('single sign-on signs up, and in as the same user', async () => {
      const { nameId, email, answer, begun, back } = await singleSignOn(prefix);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(Object.keys(begun)).toEqual(['url']);
      expect(`${back.origin}${back.pathname}`).toBe(`${api.url}${prefix}/auth/callback`);
      const landed = await stranger().get(`${back.pathname}${back.search}`, { cookie: cookieOf(answer) });
      const { access_token } = fragmentOf(landed.headers.get('location'));
      const me = await new Caller(api.url, String(access_token)).get<{ username: string }>('/api/users/me');
      expect(me).toMatchObject({ status: 200, body: { email } });
      const second = await singleSignOn(prefix, { nameId, attributes: { mail: email } });
      const again = await stranger().get(`${second.back.pathname}${second.back.search}`, {
        cookie: cookieOf(second.answer),
      });
      const token = fragmentOf(again.headers.get('location')).access_token;
      const later = await new Caller(api.url, String(token)).get<{ username: string }>('/api/users/me');
      expect(later.body.username).toBe(me.body.username);
    });

    it('single sign-on ends at this browser only, and once', async () => {
      const { answer, back } = await singleSignOn(prefix);
      const callback = `${back.pathname}${back.search}`;
      expect(errorOf(await stranger().get(callback))).toMatchObject({
        status: 401,
        code: 'AUTHENTICATION_ERROR',
      });
      const cookie = cookieOf(answer);
      await expect(stranger().get(callback, { cookie })).resolves.toMatchObject({ status: 302 });
      await expect(stranger().get(callback, { cookie })).resolves.toMatchObject({ status: 401 });
    });

    it('an answer that is unsigned, of another, late or not asked for signs nobody in', async () => {
      const { domain, idp } = organization;
      const body = { domain, redirect_url: APP };
      const begin = async () =>
        requestIn(resourceOf<{ url: string }>(await stranger().post(`${prefix}/auth/sso`, body)).url);
      const email = `${randomUUID()}@${domain}`;
      const claims = { nameId: randomUUID(), attributes: { mail: email } };
      const forger = await newIdentityProvider();
      const wrong = [
        await bringBack(await begin(), idp, claims, 'nothing'),
        await bringBack(await begin(), forger, { ...claims, issuer: idp.entityId }),
        await bringBack(await begin(), idp, { ...claims, expires: -3_600 }),
        await bringBack(await begin(), idp, { ...claims, audience: 'https://another.example' }),
        await bringBack({ ...(await begin()), id: 'id-of-another' }, idp, claims),
        await bringBack({ ...(await begin()), relayState: randomUUID() }, idp, claims),
      ];
      for (const url of wrong) {
        expect(url.searchParams.get('code')).toBeNull();
        expect(url.searchParams.get('error')).not.toBeNull();
      }
      await expect(sql('select from auth.users where email = $1', [email])).resolves.toEqual([]);
    });

    it('single sign-on is refused where there is none', async () => {
      const post = async () =>
        stranger().post(`${prefix}/auth/sso`, { domain: 'nobody.example.com', redirect_url: APP });
      const unknown = await post();
      expect(errorOf(unknown)).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        detail: 'There is no single sign-on for this domain.',
      });
      expect(unknown.headers.get('set-cookie')).toBeNull();
      only('/sso', json(422, { code: 422, error_code: 'saml_provider_disabled', msg: 'x' }));
      expect(errorOf(await post())).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
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
