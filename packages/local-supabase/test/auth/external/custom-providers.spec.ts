import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Harness } from '../harness.ts';
import { startVariants, type Variants } from '../variants.ts';
import { startApiServer, type ApiServer } from './api-server.ts';
import { CLIENT, startOidcServer, type OidcServer } from './oidc-server.ts';

const CALLBACK = 'http://127.0.0.1/auth/v1/callback';
const APP = 'http://127.0.0.1:3000/welcome';
const ADA = { sub: 'ada-1', email: 'ada@example.com', email_verified: true, name: 'Ada' };

let auth: Harness;
let oidc: OidcServer;
let api: ApiServer;
let variants: Variants;

beforeAll(async () => {
  [variants, oidc, api] = await Promise.all([startVariants(), startOidcServer(CALLBACK), startApiServer()]);
  auth = await variants.start();
});
beforeEach(() => auth.pool.query('truncate auth.custom_oauth_providers, auth.users cascade'));
afterAll(async () => {
  await auth.close();
  await Promise.all([variants.close(), oidc.close(), api.close()]);
});

const providers = () => auth.admin().auth.admin.customProviders;
const oidcProvider = (more: object = {}) => ({
  provider_type: 'oidc' as const,
  identifier: 'custom:acme',
  name: 'Acme',
  client_id: CLIENT.id,
  client_secret: CLIENT.secret,
  scopes: ['email', 'profile'],
  issuer: oidc.url,
  ...more,
});
const oauthProvider = (more: object = {}) => ({
  provider_type: 'oauth2' as const,
  identifier: 'custom:house',
  name: 'House',
  client_id: 'house-app',
  client_secret: 'house-secret',
  scopes: ['who'],
  authorization_url: `${api.url}/authorize`,
  token_url: `${api.url}/token`,
  userinfo_url: `${api.url}/me`,
  ...more,
});
async function add(provider: ReturnType<typeof oidcProvider> | ReturnType<typeof oauthProvider>) {
  const { data, error } = await providers().createProvider(provider);
  expect(error).toBeNull();
  return data;
}

/** Where the browser is sent to sign in. */
async function begin(provider: string): Promise<URL> {
  const query = new URLSearchParams({ provider, redirect_to: APP });
  const { headers } = await auth.send('GET', `/authorize?${query.toString()}`);
  return new URL(headers.get('location') ?? '');
}
async function comeBack(search: string): Promise<URL> {
  const { headers } = await auth.send('GET', `/callback${search}`);
  return new URL(headers.get('location') ?? '');
}
const claimsIn = (url: URL) => decodeJwt(new URLSearchParams(url.hash.slice(1)).get('access_token') ?? '');

describe('custom providers', () => {
  it('are added, listed, read, changed and deleted', async () => {
    const made = await add(oidcProvider({ authorization_params: { prompt: 'login' } }));
    expect(made).toMatchObject({
      provider_type: 'oidc',
      identifier: 'custom:acme',
      scopes: ['openid', 'email', 'profile'],
      pkce_enabled: true,
      enabled: true,
      email_optional: false,
      attribute_mapping: {},
    });
    expect(made).not.toHaveProperty('client_secret');
    expect(made).not.toHaveProperty('token_url');
    await add(oauthProvider());
    const all = await providers().listProviders();
    expect(all.data.providers.map(({ identifier }) => identifier)).toEqual(['custom:house', 'custom:acme']);
    const some = await providers().listProviders({ type: 'oidc' });
    expect(some.data.providers).toHaveLength(1);
    const changed = await providers().updateProvider('custom:acme', { name: 'Acme 2', scopes: ['email'] });
    expect(changed.data).toMatchObject({ name: 'Acme 2', scopes: ['openid', 'email'], client_id: CLIENT.id });
    expect((await providers().getProvider('custom:acme')).data).toEqual(changed.data);
    const twice = await providers().createProvider(oidcProvider());
    expect(twice.error).toMatchObject({ status: 400, code: 'conflict' });
    expect((await providers().deleteProvider('custom:acme')).error).toBeNull();
    expect((await providers().getProvider('custom:acme')).error).toMatchObject({
      status: 404,
      code: 'provider_not_found',
    });
  });

  it.each([
    [{ provider_type: 'saml' }, "provider_type must be either 'oauth2' or 'oidc'"],
    [{ identifier: '' }, 'identifier is required'],
    [{ identifier: 'acme' }, "identifier must start with 'custom:' prefix, e.g. 'custom:acme'"],
    [{ client_secret: '' }, 'client_secret is required'],
    [{ issuer: '' }, 'issuer is required for OIDC providers'],
    [{ issuer: 'http://acme.example' }, 'issuer must be an HTTPS URL'],
    [{ authorization_params: { state: 'x' } }, 'Cannot override reserved OAuth parameter: state'],
    [{ authorization_params: { prompt: 1 } }, 'Authorization parameter "prompt" must be a string'],
    [{ attribute_mapping: { role: 'role' } }, 'Cannot map to protected system field: role'],
  ])('%j are refused', async (more, msg) => {
    const body = oidcProvider(more);
    const token = auth.keys.serviceRoleKey;
    const answer = await auth.send('POST', '/admin/custom-providers', { body, token });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed', msg } });
  });

  it('are nobody’s business but administrators’', async () => {
    const token = auth.keys.anonKey;
    const refused = await auth.send('GET', '/admin/custom-providers', { token });
    expect(refused).toMatchObject({ status: 403, body: { error_code: 'not_admin' } });
  });

  it('of OpenID Connect sign in, until they are switched off', async () => {
    await add(
      oidcProvider({ authorization_params: { ui_locales: 'en' }, custom_claims_allowlist: ['name'] }),
    );
    oidc.visitor = ADA;
    const sent = await begin('custom:acme');
    expect(Object.fromEntries(sent.searchParams)).toMatchObject({
      scope: 'openid email profile',
      ui_locales: 'en',
      code_challenge_method: 'S256',
    });
    const end = await comeBack((await oidc.browse(sent.href)).search);
    expect(claimsIn(end)).toMatchObject({
      email: ADA.email,
      app_metadata: { provider: 'custom:acme' },
      user_metadata: { sub: ADA.sub, full_name: 'Ada', custom_claims: { name: 'Ada' } },
    });
    await providers().updateProvider('custom:acme', { enabled: false });
    const query = new URLSearchParams({ provider: 'custom:acme' });
    const refused = await auth.send('GET', `/authorize?${query.toString()}`);
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
  });

  it('of OpenID Connect sign in by ID tokens, also those for other applications of theirs', async () => {
    const discovery_url = `${oidc.url}/.well-known/openid-configuration?found=elsewhere`;
    await add(oidcProvider({ client_id: 'web', acceptable_client_ids: [CLIENT.id], discovery_url }));
    const nonce = createHash('sha256').update('once').digest('hex');
    const token = await oidc.idToken({ ...ADA, nonce });
    const client = auth.client();
    const { data, error } = await client.auth.signInWithIdToken({
      provider: 'custom:acme',
      token,
      nonce: 'once',
    });
    expect(error).toBeNull();
    expect(data.user?.app_metadata.provider).toBe('custom:acme');
    const other = await client.auth.signInWithIdToken({ provider: 'custom:other', token, nonce: 'once' });
    expect(other.error).toMatchObject({ status: 400 });
  });

  it('of OAuth 2.0 sign in, by whatever names they have for what they know', async () => {
    await add(
      oauthProvider({
        attribute_mapping: { sub: 'number', email: 'mail', name: 'called' },
        email_optional: true,
      }),
    );
    api.answer = ({ path }) =>
      path === '/token'
        ? { access_token: 'at', token_type: 'bearer' }
        : { number: 42, mail: 'bob@example.com', called: 'Bob', email_verified: true };
    const sent = await begin('custom:house');
    expect(sent.href.startsWith(`${api.url}/authorize?`)).toBe(true);
    const end = await comeBack(`?code=c&state=${sent.searchParams.get('state') ?? ''}`);
    expect(claimsIn(end)).toMatchObject({
      email: 'bob@example.com',
      user_metadata: { sub: '42', full_name: 'Bob' },
    });
    expect(api.asked.at(-1)).toMatchObject({ path: '/me', authorization: 'Bearer at' });
  });
});
