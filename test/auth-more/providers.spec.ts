import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import {
  CLIENT,
  startOidcServer,
  type Account,
  type OidcServer,
} from '../../packages/local-supabase/test/auth/external/oidc-server.ts';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { describeLocally } from '../harness/local-parts.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { cookieOf } from './sign-in-elsewhere.js';
import { fragmentOf, travel } from './travel.js';

const APP = 'https://app.example.com/signed-in';

interface SignIn {
  access_token: string;
  refresh_token: string;
  user: { id: string; email: string };
}
interface Identity {
  identity_id: string;
  provider: string;
}

const somebody = (): Account & { email: string } => ({
  sub: randomUUID(),
  email: `${randomUUID()}@example.com`,
  email_verified: true,
  name: 'Ada',
});
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

// One for both modes: Supabase keeps the keys of an issuer, and each start makes new ones.
let oidc: OidcServer;
beforeAll(async () => {
  const { url, oidcPort } = supabaseUnderTest();
  oidc = await startOidcServer(`${url}/auth/v1/callback`, oidcPort);
});
afterAll(() => oidc.close());

// Nothing is canned here: a provider of OpenID Connect, Supabase, and the API between them and a browser.
describeLocally.each(MODES)('a provider that is really there, $mode', ({ environment }) => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi({ ...environment, REDIRECT_URLS: 'https://app.example.com/**' });
  });
  afterAll(() => api.close());

  const stranger = () => new Caller(api.url);
  const me = async (token: string) =>
    (await new Caller(api.url, token).get<{ username: string; email: string }>('/api/users/me')).body;

  describe.each(representations)('$prefix', ({ prefix, invalid }) => {
    const identitiesOf = async (caller: Caller) =>
      resourceOf<Identity[]>(await caller.get(`${prefix}/auth/identities`));
    /** Links the visitor of the provider to a caller, and answers how the browser comes out of it. */
    const link = async (caller: Caller) => {
      const begun = await caller.post(`${prefix}/auth/identities/acme`, { redirect_url: APP });
      const back = await travel(resourceOf<{ url: string }>(begun).url, oidc);
      expect(`${back.origin}${back.pathname}`).toBe(`${api.url}${prefix}/auth/callback`);
      const cookie = cookieOf(begun);
      const answer = await stranger().get(`${back.pathname}${back.search}`, { cookie });
      return fragmentOf(answer.headers.get('location'));
    };

    it('signs up and in', async () => {
      oidc.visitor = somebody();
      const userIds = new Set<string>();
      for (let time = 0; time < 2; time += 1) {
        const begun = await stranger().get(`${prefix}/auth/oauth/acme`);
        const back = await travel(resourceOf<{ url: string }>(begun).url, oidc);
        expect(`${back.origin}${back.pathname}`).toBe(`${api.url}${prefix}/auth/callback`);
        const answer = await stranger().get(`${back.pathname}${back.search}`, { cookie: cookieOf(begun) });
        const { username, email } = await me(resourceOf<SignIn>(answer).access_token);
        expect(email).toBe(oidc.visitor.email);
        userIds.add(username);
      }
      expect(userIds.size).toBe(1);
    });

    it('says when the user refused, without the words of the provider', async () => {
      oidc.visitor = undefined;
      const begun = await stranger().get(`${prefix}/auth/oauth/acme`);
      const back = await travel(resourceOf<{ url: string }>(begun).url, oidc);
      expect(back.searchParams.get('error')).toBe('access_denied');
      const answer = await stranger().get(`${back.pathname}${back.search}`, { cookie: cookieOf(begun) });
      expect(errorOf(answer)).toMatchObject({ status: 401, detail: 'The sign-in was not completed' });
    });

    it('signs in by its ID token, as the same user each time', async () => {
      const ada = somebody();
      const id_token = await oidc.idToken({ ...ada, nonce: hash('once') });
      const post = () =>
        stranger().post<SignIn>(`${prefix}/auth/id-token`, { provider: 'acme', id_token, nonce: 'once' });
      const answer = await post();
      const { access_token, refresh_token, user } = resourceOf<SignIn>(answer);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(user.email).toBe(ada.email);
      await expect(me(access_token)).resolves.toMatchObject({ username: user.id, email: ada.email });
      expect(resourceOf<SignIn>(await post()).user.id).toBe(user.id);
      const refreshed = await stranger().post(`${prefix}/auth/refresh`, { refresh_token });
      expect(resourceOf<SignIn>(refreshed).user.id).toBe(user.id);
      oidc.visitor = ada;
      const [identity] = await identitiesOf(new Caller(api.url, access_token));
      expect(identity).toMatchObject({ provider: 'acme', identity_data: { sub: ada.sub } });
    });

    it('takes no ID token that is forged, expired, of another or asked for with another nonce', async () => {
      const ada = somebody();
      const nonce = hash('once');
      const { privateKey } = await generateKeyPair('RS256');
      const now = Math.floor(Date.now() / 1000);
      const good = { ...ada, nonce, iss: oidc.url, aud: CLIENT.id, iat: now, exp: now + 60 };
      const forged = await new SignJWT(good)
        .setProtectedHeader({ alg: 'RS256', kid: 'oidc' })
        .sign(privateKey);
      const [, claims = ''] = (await oidc.idToken(good)).split('.');
      const cases: Record<string, [string, string?]> = {
        nonsense: ['a.b.c', 'once'],
        forged: [forged, 'once'],
        unsigned: [`${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`, 'once'],
        expired: [await oidc.idToken({ ...good, iat: now - 7_200, exp: now - 3_600 }), 'once'],
        'of another issuer': [await oidc.idToken({ ...good, iss: 'https://another.example' }), 'once'],
        'for another app': [await oidc.idToken({ ...good, aud: 'another-app' }), 'once'],
        'of nobody': [await oidc.idToken({ ...good, sub: '' }), 'once'],
        'with another nonce': [await oidc.idToken(good), 'twice'],
        'with a nonce that is not sent': [await oidc.idToken(good)],
        'without the nonce that is sent': [await oidc.idToken({ ...good, nonce: undefined }), 'once'],
      };
      for (const [what, [id_token, unhashed]] of Object.entries(cases)) {
        const body = { provider: 'acme', id_token, ...(unhashed !== undefined && { nonce: unhashed }) };
        const answer = errorOf(await stranger().post(`${prefix}/auth/id-token`, body));
        expect({ what, ...answer }).toEqual({
          what,
          status: 401,
          code: 'AUTHENTICATION_ERROR',
          detail: 'Invalid or expired ID token',
        });
      }
      const id_token = await oidc.idToken(good);
      for (const [provider, status] of [
        ['google', 403],
        ['nobody', invalid],
      ]) {
        const answer = await stranger().post(`${prefix}/auth/id-token`, {
          provider,
          id_token,
          nonce: 'once',
        });
        expect({ provider, ...errorOf(answer) }).toMatchObject({ status });
      }
      await expect(sql('select from auth.users where email = $1', [ada.email])).resolves.toEqual([]);
    });

    it('is linked, signs in as the same user, and is unlinked', async () => {
      oidc.visitor = somebody();
      const caller = await signUp(api.url);
      const { access_token } = await link(caller);
      await expect(me(String(access_token))).resolves.toMatchObject({ username: caller.user?.id });
      const linked = await identitiesOf(caller);
      expect(linked.map(({ provider }) => provider).sort()).toEqual(['acme', 'email']);
      const id_token = await oidc.idToken({ ...oidc.visitor });
      const signIn = await stranger().post(`${prefix}/auth/id-token`, { provider: 'acme', id_token });
      expect(resourceOf<SignIn>(signIn).user.id).toBe(caller.user?.id);

      const acme = linked.find(({ provider }) => provider === 'acme')?.identity_id ?? '';
      await expect(caller.delete(`${prefix}/auth/identities/${acme}`)).resolves.toMatchObject({
        status: 204,
      });
      const [last, ...others] = await identitiesOf(caller);
      expect({ last, others }).toMatchObject({ last: { provider: 'email' }, others: [] });
      const again = await caller.delete(`${prefix}/auth/identities/${acme}`);
      // The last one is judged first.
      expect(errorOf(again)).toMatchObject({ status: 409, code: 'CONFLICT' });
      const removeLast = await caller.delete(`${prefix}/auth/identities/${String(last?.identity_id)}`);
      expect(errorOf(removeLast)).toMatchObject({
        status: 409,
        detail: 'The only way to sign in cannot be removed',
      });
      // Whoever comes by it now is somebody else.
      const stray = await stranger().post(`${prefix}/auth/id-token`, { provider: 'acme', id_token });
      expect(resourceOf<SignIn>(stray).user.id).not.toBe(caller.user?.id);
    });

    it('is not linked to a second user, nor by nobody', async () => {
      oidc.visitor = somebody();
      const [owner, thief] = await Promise.all([signUp(api.url), signUp(api.url)]);
      await link(owner);
      await expect(link(thief)).resolves.toEqual({
        error: 'access_denied',
        error_description: 'The sign-in was not completed',
      });
      await expect(identitiesOf(thief)).resolves.toHaveLength(1);
      await expect(identitiesOf(owner)).resolves.toHaveLength(2);
      const [, acme] = await identitiesOf(owner);
      const stolen = await thief.delete(`${prefix}/auth/identities/${String(acme?.identity_id)}`);
      expect([404, 409]).toContain(stolen.status);
      await expect(identitiesOf(owner)).resolves.toHaveLength(2);

      const nobody = await stranger().post(`${prefix}/auth/identities/acme`, { redirect_url: APP });
      expect(errorOf(nobody)).toMatchObject({ status: 401, code: 'AUTHENTICATION_ERROR' });
      expect(nobody.headers.get('set-cookie')).toBeNull();
    });
  });
});
