import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import type { Harness } from '../harness.ts';
import { startVariants, type Variants } from '../variants.ts';
import { CLIENT, startOidcServer, type Account, type OidcServer } from './oidc-server.ts';

const PASSWORD = 'correct horse';
const CALLBACK = 'http://127.0.0.1/auth/v1/callback';
const APP = 'http://127.0.0.1:3000/welcome';
const ADA: Account = {
  sub: 'ada-1',
  email: 'Ada@example.com',
  email_verified: true,
  name: 'Ada',
  picture: 'https://example.com/ada.png',
};

let auth: Harness;
let oidc: OidcServer;
let variants: Variants;

beforeAll(async () => {
  [variants, oidc] = await Promise.all([startVariants(), startOidcServer(CALLBACK)]);
});
afterEach(() => auth.close());
afterAll(() => Promise.all([variants.close(), oidc.close()]));

/** The project's settings: the provider under three names, and what else a test wants. */
function settings(extra = '', confirmations = true): string {
  const provider = (name: string, more = ''): string => `
    [auth.external.${name}]
    enabled = true
    client_id = "${CLIENT.id},another-app"
    secret = "${CLIENT.secret}"
    url = "${oidc.url}"
    ${more}`;
  return `
    [auth]
    enable_manual_linking = true
    additional_redirect_urls = ["myapp://**"]
    ${extra}
    [auth.email]
    enable_confirmations = ${confirmations}
    ${provider('acme')}
    ${provider('keycloak')}
    ${provider('google')}
    ${provider('lenient', 'email_optional = true')}`;
}

/** Goes to the provider and back, and answers where the browser ends. */
async function travel(url: string, visitor: Account | undefined): Promise<URL> {
  oidc.visitor = visitor;
  const start = new URL(url);
  const first = await auth.send('GET', start.pathname.replace('/auth/v1', '') + start.search);
  return comeBack(await oidc.browse(first.headers.get('location') ?? ''));
}

async function comeBack(back: URL): Promise<URL> {
  expect(back.href.startsWith(CALLBACK)).toBe(true);
  const response = await auth.send('GET', `/callback${back.search}`);
  expect(response.status).toBe(302);
  return new URL(response.headers.get('location') ?? '');
}

const authorize = (parameters: Record<string, string>): string =>
  `${auth.url}/auth/v1/authorize?${new URLSearchParams({ redirect_to: APP, ...parameters }).toString()}`;
const fragment = (url: URL): URLSearchParams => new URLSearchParams(url.hash.slice(1));

async function signIn(
  client: SupabaseClient,
  visitor: Account,
  provider = 'keycloak',
): Promise<ReturnType<SupabaseClient['auth']['exchangeCodeForSession']>> {
  const { data } = await client.auth.signInWithOAuth({
    provider: provider as 'keycloak',
    options: { redirectTo: APP, scopes: 'openid offline_access', queryParams: { prompt: 'consent' } },
  });
  const end = await travel(data.url ?? '', visitor);
  return client.auth.exchangeCodeForSession(end.searchParams.get('code') ?? '');
}

describe('the implicit flow', () => {
  it('ends with a session in the fragment', async () => {
    auth = await variants.start(settings());
    const end = await travel(authorize({ provider: 'ACME', scopes: 'openid' }), ADA);
    expect(`${end.origin}${end.pathname}${end.search}`).toBe(APP);
    const told = fragment(end);
    expect(told.get('token_type')).toBe('bearer');
    expect(told.get('provider_token')).not.toBe('');
    expect(told.has('provider_refresh_token')).toBe(false);
    const { data } = await auth.client().auth.setSession({
      access_token: told.get('access_token') ?? '',
      refresh_token: told.get('refresh_token') ?? '',
    });
    expect(data.user).toMatchObject({
      email: 'ada@example.com',
      email_confirmed_at: expect.any(String),
      app_metadata: { provider: 'acme', providers: ['acme'] },
      user_metadata: { name: 'Ada', full_name: 'Ada', avatar_url: ADA.picture, email_verified: true },
    });
    expect(data.user?.identities).toMatchObject([
      {
        id: ADA.sub,
        provider: 'acme',
        email: 'ada@example.com',
        identity_data: { iss: oidc.url, sub: ADA.sub, email: ADA.email, phone_verified: false },
      },
    ]);
    expect(decodeJwt(told.get('access_token') ?? '').amr).toMatchObject([{ method: 'oauth' }]);
    const { rows } = await auth.pool.query<{ action: string }>(
      `select payload ->> 'action' as action from auth.audit_log_entries order by created_at`,
    );
    expect(rows.map(({ action }) => action)).toContain('user_signedup');
  });

  it('reads from the user info what the ID token leaves out, and from the profile without one', async () => {
    auth = await variants.start(settings());
    const terse = await travel(authorize({ provider: 'acme' }), { ...ADA, terse: true });
    expect(fragment(terse).get('access_token')).not.toBeNull();
    const google = await travel(authorize({ provider: 'google', scopes: 'openid' }), ADA);
    const { email } = decodeJwt(fragment(google).get('access_token') ?? '');
    expect(email).toBe('ada@example.com');
  });

  it('leads to the site when somebody asks for an address that is not allowed', async () => {
    auth = await variants.start(settings());
    const end = await travel(authorize({ provider: 'acme', redirect_to: 'https://evil.example' }), ADA);
    expect(end.origin).toBe('http://127.0.0.1:3000');
    const app = await travel(authorize({ provider: 'acme', redirect_to: 'myapp://back' }), ADA);
    expect(app.href.startsWith('myapp://back#access_token=')).toBe(true);
  });
});

describe('the PKCE flow', () => {
  it('ends with a code, once, and the session has the provider’s tokens', async () => {
    auth = await variants.start(settings());
    const client = auth.client({ flowType: 'pkce' });
    const { data, error } = await signIn(client, ADA);
    expect(error).toBeNull();
    expect(data.session).toMatchObject({
      provider_token: expect.any(String),
      provider_refresh_token: expect.any(String),
    });
    expect(data.user?.app_metadata).toEqual({ provider: 'keycloak', providers: ['keycloak'] });
    const again = await signIn(auth.client({ flowType: 'pkce' }), { ...ADA, name: 'Ada L.' });
    expect(again.data.user).toMatchObject({ id: data.user?.id, user_metadata: { name: 'Ada L.' } });
  });

  it('sends the provider what it needs, and lets nobody replace that', async () => {
    auth = await variants.start(settings());
    const asked = { provider: 'keycloak', scopes: 'a,b', prompt: 'login', client_id: 'x', state: 'y' };
    const response = await auth.send('GET', new URL(authorize(asked)).href.split('/auth/v1')[1] ?? '');
    const target = new URL(response.headers.get('location') ?? '');
    expect(response.status).toBe(302);
    expect(target.pathname).toBe('/protocol/openid-connect/auth');
    expect(Object.fromEntries(target.searchParams)).toEqual({
      client_id: CLIENT.id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'profile email a b',
      prompt: 'login',
      redirect_to: APP,
      state: expect.stringMatching(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/),
    });
    const flows = await auth.pool.query('select * from auth.flow_state where id = $1', [
      target.searchParams.get('state'),
    ]);
    expect(flows.rows).toMatchObject([{ provider_type: 'keycloak', referrer: APP, code_challenge: null }]);
    for (const wrong of ['code_challenge=abc', 'code_challenge_method=s256']) {
      const refused = await auth.send('GET', `/authorize?provider=acme&${wrong}`);
      expect(refused).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    }
  });
});

describe('accounts', () => {
  it('are joined by an address that both sides verified', async () => {
    auth = await variants.start(settings());
    const { data: made } = await auth.admin().auth.admin.createUser({
      email: 'ada@example.com',
      password: PASSWORD,
      email_confirm: true,
    });
    const { data } = await signIn(auth.client({ flowType: 'pkce' }), ADA);
    expect(data.user?.id).toBe(made.user?.id);
    expect(data.user?.app_metadata).toEqual({ provider: 'email', providers: ['email', 'keycloak'] });
    const byPassword = await auth
      .client()
      .auth.signInWithPassword({ email: ADA.email ?? '', password: PASSWORD });
    expect(byPassword.error).toBeNull();
    const log = await auth.pool.query<{ traits: object }>(
      `select payload -> 'traits' as traits from auth.audit_log_entries
       where payload ->> 'action' = 'identity_linked'`,
    );
    expect(log.rows).toMatchObject([{ traits: { provider: 'keycloak', provider_id: ADA.sub } }]);
  });

  it('lose the password of somebody who never confirmed the address', async () => {
    auth = await variants.start(settings());
    await auth.client().auth.signUp({
      email: 'ada@example.com',
      password: PASSWORD,
      options: { data: { planted: true } },
    });
    const { data } = await signIn(auth.client({ flowType: 'pkce' }), ADA);
    expect(data.user?.identities?.map(({ provider }) => provider)).toEqual(['keycloak']);
    expect(data.user?.user_metadata).not.toHaveProperty('planted');
    const thief = await auth.client().auth.signInWithPassword({ email: ADA.email ?? '', password: PASSWORD });
    expect(thief.error?.code).toBe('invalid_credentials');
  });

  it('wait for a confirmation where the provider did not verify the address', async () => {
    auth = await variants.start(settings());
    const visitor = { ...ADA, email_verified: false };
    const end = await travel(authorize({ provider: 'acme' }), visitor);
    expect(fragment(end).get('error_code')).toBe('provider_email_needs_verification');
    expect(end.searchParams.get('error')).toBe('access_denied');
    const { hash } = await auth.mails.last('ada@example.com');
    await auth.pool.query(`update auth.users set confirmation_sent_at = now() - interval '1 minute'`);
    // Another address that the provider verified meanwhile says nothing of the first one.
    const other = await travel(authorize({ provider: 'acme' }), { ...ADA, email: 'other@example.com' });
    expect(fragment(other).get('error_code')).toBe('provider_email_needs_verification');
    expect(await auth.mails.count('other@example.com')).toBe(0);
    const late = await auth.mails.last('ada@example.com');
    expect(late.hash).not.toBe(hash);
    const confirmed = await auth.client().auth.verifyOtp({ type: 'signup', token_hash: late.hash });
    expect(confirmed.error).toBeNull();
    const again = await travel(authorize({ provider: 'acme' }), visitor);
    expect(fragment(again).get('access_token')).not.toBeNull();
  });

  it('need no address where the provider’s settings say so', async () => {
    auth = await variants.start(settings());
    const nobody = { sub: 'anon-7', name: 'Nemo' };
    const refused = await travel(authorize({ provider: 'acme' }), nobody);
    expect(refused.searchParams.get('error_description')).toBe(
      'Error getting user email from external provider',
    );
    const end = await travel(authorize({ provider: 'lenient' }), nobody);
    expect(decodeJwt(fragment(end).get('access_token') ?? '').email).toBe('');
    const again = await travel(authorize({ provider: 'lenient' }), nobody);
    expect(fragment(again).get('access_token')).not.toBeNull();
  });

  it('are not made while sign-ups are closed, nor opened while banned', async () => {
    auth = await variants.start(settings('enable_signup = false'));
    const closed = await travel(authorize({ provider: 'acme' }), ADA);
    expect(Object.fromEntries(fragment(closed))).toEqual({
      error: 'access_denied',
      error_code: 'signup_disabled',
      error_description: 'Signups not allowed for this instance',
      sb: '',
    });
    await auth.admin().auth.admin.createUser({
      email: 'ada@example.com',
      email_confirm: true,
      ban_duration: '1h',
    });
    const banned = await travel(authorize({ provider: 'acme' }), ADA);
    expect(fragment(banned).get('error_code')).toBe('user_banned');
  });

  it('of one person who comes back twice at once are one', async () => {
    auth = await variants.start(settings());
    oidc.visitor = ADA;
    const backs = await Promise.all(
      ['acme', 'acme', 'google'].map(async (provider) => {
        const start = await auth.send('GET', `/authorize?provider=${provider}&scopes=openid`);
        return oidc.browse(start.headers.get('location') ?? '');
      }),
    );
    const ends = await Promise.all(backs.map(comeBack));
    for (const end of ends) expect(fragment(end).get('access_token')).not.toBeNull();
    const { rows } = await auth.pool.query('select 1 from auth.users');
    expect(rows).toHaveLength(1);
  });

  it('are accepted invitations', async () => {
    auth = await variants.start(settings());
    await auth.admin().auth.admin.inviteUserByEmail('ada@example.com');
    const { hash } = await auth.mails.last('ada@example.com');
    const wrong = { ...ADA, sub: 'eve', email: 'eve@example.com' };
    const refused = await travel(authorize({ provider: 'acme', invite_token: hash }), wrong);
    expect(fragment(refused).get('error_description')).toContain('does not match');
    const end = await travel(authorize({ provider: 'acme', invite_token: hash }), ADA);
    expect(decodeJwt(fragment(end).get('access_token') ?? '').email).toBe('ada@example.com');
    const used = await auth.send('GET', `/authorize?provider=acme&invite_token=${hash}`);
    expect(used).toMatchObject({ status: 404, body: { error_code: 'user_not_found' } });
  });
});

describe('refusals', () => {
  it('of the provider are passed on', async () => {
    auth = await variants.start(settings());
    const end = await travel(authorize({ provider: 'acme' }), undefined);
    expect(Object.fromEntries(end.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'The user said no',
    });
    expect(fragment(end).get('error')).toBe('access_denied');
  });

  it('of a state that is missing, unknown, expired or used lead to the site', async () => {
    auth = await variants.start(settings());
    oidc.visitor = ADA;
    const begin = async (query = '') => {
      const { headers } = await auth.send('GET', `/authorize?provider=acme${query}`);
      return oidc.browse(headers.get('location') ?? '');
    };
    const old = (await begin()).searchParams.get('state') ?? '';
    await auth.pool.query(`update auth.flow_state set created_at = now() - interval '6 minutes'`);
    const [implicit, pkce] = [
      await begin(),
      await begin(`&code_challenge=${'c'.repeat(43)}&code_challenge_method=s256`),
    ];
    expect(fragment(await comeBack(implicit)).get('access_token')).not.toBeNull();
    expect((await comeBack(pkce)).searchParams.get('code')).not.toBeNull();
    const stateOf = (back: URL) => back.searchParams.get('state') ?? '';
    for (const [state, code, message] of [
      ['', 'bad_oauth_callback', 'OAuth state parameter missing'],
      [auth.keys.anonKey, 'bad_oauth_state', 'OAuth state parameter is invalid'],
      [randomUUID(), 'bad_oauth_state', 'OAuth state not found or expired'],
      [old, 'bad_oauth_state', 'OAuth state has expired'],
      [stateOf(implicit), 'bad_oauth_state', 'OAuth state not found or expired'],
      [stateOf(pkce), 'flow_state_already_used', 'State has already been used'],
    ] as const) {
      const response = await auth.send('GET', `/callback?code=1&state=${state}`);
      const target = new URL(response.headers.get('location') ?? '');
      expect(response.status).toBe(303);
      expect(target.origin).toBe('http://127.0.0.1:3000');
      expect(Object.fromEntries(target.searchParams)).toEqual({
        error: 'invalid_request',
        error_code: code,
        error_description: message,
      });
    }
  });

  it('of codes that are unknown, used or missing', async () => {
    auth = await variants.start(settings());
    oidc.visitor = ADA;
    const begin = async () =>
      (await auth.send('GET', '/authorize?provider=acme')).headers.get('location') ?? '';
    const first = await oidc.browse(await begin());
    expect(fragment(await comeBack(first)).get('access_token')).not.toBeNull();
    const back = await oidc.browse(await begin());
    const code = back.searchParams.get('code') ?? '';
    back.searchParams.set('code', first.searchParams.get('code') ?? '');
    const used = fragment(await comeBack(back));
    expect(used.get('error')).toBe('server_error');
    expect(used.get('error_description')).toContain('Unable to exchange external code');
    back.searchParams.delete('code');
    expect(fragment(await comeBack(back)).get('error_code')).toBe('bad_oauth_callback');
    back.searchParams.set('iss', 'https://another.example');
    back.searchParams.set('code', code);
    expect(fragment(await comeBack(back)).get('error')).toBe('server_error');
  });

  it('of providers that are not enabled, or cannot be reached', async () => {
    // Nobody listens at port 1.
    auth = await variants.start(
      `${settings()}
       [auth.external.away]\nenabled = true\nclient_id = "x"\nsecret = "x"\nurl = "http://127.0.0.1:1"`,
    );
    for (const [name, message] of [
      ['away', expect.stringMatching(/^Unsupported provider: ./)],
      ['github', 'Unsupported provider: provider is not enabled'],
      ['nobody', 'Unsupported provider: Provider nobody could not be found'],
    ] as const) {
      const response = await auth.send('GET', `/authorize?provider=${name}`);
      expect(response).toMatchObject({ status: 400, body: { msg: message } });
    }
    const listed = await auth.send('GET', '/settings');
    expect(listed.body.external).toMatchObject({ keycloak: true, google: true, github: false });
  });
});

describe('linking by the user', () => {
  it('adds the identity, tells of it, and removes it again', async () => {
    auth = await variants.start(settings('[auth.email.notification.identity_linked]\nenabled = true'));
    await auth
      .admin()
      .auth.admin.createUser({ email: 'me@example.com', password: PASSWORD, email_confirm: true });
    const client = auth.client({ flowType: 'pkce' });
    const { data: me } = await client.auth.signInWithPassword({
      email: 'me@example.com',
      password: PASSWORD,
    });
    const { data } = await client.auth.linkIdentity({
      provider: 'keycloak',
      options: { redirectTo: APP, scopes: 'openid' },
    });
    oidc.visitor = ADA;
    const end = await comeBack(await oidc.browse(data.url ?? ''));
    const linked = await client.auth.exchangeCodeForSession(end.searchParams.get('code') ?? '');
    expect(linked.data.user).toMatchObject({ id: me.user?.id, email: 'me@example.com' });
    const identities = (await client.auth.getUserIdentities()).data?.identities ?? [];
    expect(identities.map(({ provider }) => provider).sort()).toEqual(['email', 'keycloak']);
    const again = await client.auth.linkIdentity({ provider: 'keycloak', options: { scopes: 'openid' } });
    const taken = await comeBack(await oidc.browse(again.data.url ?? ''));
    expect(fragment(taken).get('error_code')).toBe('identity_already_exists');
    expect((await auth.mails.last('me@example.com')).html).toContain('keycloak signs in');
    expect(await auth.mails.count()).toBe(1);
    const added = identities.find(({ provider }) => provider === 'keycloak');
    if (added === undefined) throw new Error('Not linked.');
    expect((await client.auth.unlinkIdentity(added)).error).toBeNull();
    const log = await auth.pool.query<{ action: string; traits: object }>(
      `select payload ->> 'action' as action, payload -> 'traits' as traits from auth.audit_log_entries
       where payload ->> 'action' like 'identity%' order by created_at`,
    );
    const traits = { identity_id: added.identity_id, provider: 'keycloak', provider_id: ADA.sub };
    expect(log.rows).toEqual([
      { action: 'identity_linked', traits },
      { action: 'identity_unlinked', traits },
    ]);
  });

  it('makes an anonymous user a permanent one', async () => {
    auth = await variants.start(settings('enable_anonymous_sign_ins = true'));
    const client = auth.client({ flowType: 'pkce' });
    const { data: nobody } = await client.auth.signInAnonymously();
    await client.auth.updateUser({ email: 'other@example.com' });
    const { data } = await client.auth.linkIdentity({ provider: 'keycloak', options: { scopes: 'openid' } });
    oidc.visitor = ADA;
    const end = await comeBack(await oidc.browse(data.url ?? ''));
    const linked = await client.auth.exchangeCodeForSession(end.searchParams.get('code') ?? '');
    expect(linked.data.user).toMatchObject({
      id: nobody.user?.id,
      email: 'ada@example.com',
      is_anonymous: false,
    });
    expect(linked.data.user).not.toHaveProperty('new_email');
  });
});
