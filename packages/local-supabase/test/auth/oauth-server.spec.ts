import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import type { Harness, RawResponse } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

const BACK = 'https://app.example/back?kept=1';
const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

interface App {
  id: string;
  secret: string;
}

let auth: Harness;
let variants: Variants;
let app: App;
let user: SupabaseClient;

beforeAll(async () => {
  variants = await startVariants();
  auth = await variants.start(`
    [auth.oauth_server]
    enabled = true
    authorization_url_path = "/ask"
    allow_dynamic_registration = true`);
});
beforeEach(async () => {
  await auth.pool.query('truncate auth.users, auth.oauth_clients cascade');
  app = await register('client_secret_basic');
  user = await signedIn('ada@example.com');
});
afterAll(async () => {
  await auth.close();
  await variants.close();
});

async function register(token_endpoint_auth_method: string): Promise<App> {
  const body = { client_name: 'An app', redirect_uris: [BACK], token_endpoint_auth_method };
  const { status, body: made } = await auth.send('POST', '/oauth/clients/register', { body });
  expect(status).toBe(201);
  expect(made.registration_type).toBe('dynamic');
  const { client_id: id, client_secret: secret = '' } = made as Record<string, string>;
  return { id: String(id), secret };
}

async function signedIn(email: string): Promise<SupabaseClient> {
  const client = auth.client();
  const { error } = await client.auth.signUp({ email, password: 'correct horse' });
  if (error) throw error;
  return client;
}

/** What an application asks for; where the browser is sent. */
async function authorize(more: Record<string, string> = {}): Promise<RawResponse> {
  const query = new URLSearchParams({
    client_id: app.id,
    redirect_uri: BACK,
    response_type: 'code',
    scope: 'openid email',
    state: 'the state',
    nonce: 'the nonce',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  });
  return auth.send('GET', `/oauth/authorize?${query.toString()}`);
}
const locationOf = ({ headers }: RawResponse): URL => new URL(headers.get('location') ?? '');
const ask = async (more?: Record<string, string>): Promise<string> =>
  locationOf(await authorize(more)).searchParams.get('authorization_id') ?? '';

/** Up to the code that the application gets. */
async function consent(as = user): Promise<string> {
  const id = await ask();
  await as.auth.oauth.getAuthorizationDetails(id);
  const { data } = await as.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true });
  return new URL(data?.redirect_url ?? '').searchParams.get('code') ?? '';
}

function token(parameters: Record<string, string>, { id, secret } = app): Promise<RawResponse> {
  return auth.send('POST', '/oauth/token', {
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    },
    body: new URLSearchParams(parameters).toString(),
  });
}
const exchange = (code: string, more: Record<string, string> = {}, as = app) =>
  token({ grant_type: 'authorization_code', code, redirect_uri: BACK, code_verifier: VERIFIER, ...more }, as);

const APP = {
  client_name: 'An app',
  redirect_uris: ['https://app.example/back', 'http://localhost:3000/back'],
};
const clients = () => auth.admin().auth.admin.oauth;
const post = (body: object) =>
  auth.send('POST', '/admin/oauth/clients', { body, token: auth.keys.serviceRoleKey });

describe('applications', () => {
  beforeEach(() => auth.pool.query('truncate auth.oauth_clients cascade'));

  it('are registered, read, changed, given a new secret, and deleted', async () => {
    const metadata = await auth.send('GET', '/.well-known/oauth-authorization-server');
    expect(metadata.body.registration_endpoint).toMatch(/\/oauth\/clients\/register$/);
    const { data: made, error } = await clients().createClient(APP);
    expect(error).toBeNull();
    expect(made).toMatchObject({
      ...APP,
      client_type: 'confidential',
      registration_type: 'manual',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    const id = made?.client_id ?? '';
    const read = await clients().getClient(id);
    expect(read.data).not.toHaveProperty('client_secret');
    const changed = await clients().updateClient(id, { logo_uri: 'https://app.example/logo.png' });
    expect(changed.data).toMatchObject({ client_name: 'An app', logo_uri: 'https://app.example/logo.png' });
    const renewed = await clients().regenerateClientSecret(id);
    expect(renewed.data?.client_secret).not.toBe(made?.client_secret);
    const stored = await auth.pool.query<{ hash: string }>(
      'select client_secret_hash as hash from auth.oauth_clients where id = $1',
      [id],
    );
    expect(stored.rows[0]?.hash).not.toContain(renewed.data?.client_secret);
    expect((await clients().deleteClient(id)).error).toBeNull();
    expect((await clients().getClient(id)).error).toMatchObject({
      status: 404,
      code: 'oauth_client_not_found',
    });
  });

  it('are listed by pages', async () => {
    for (const name of ['one', 'two', 'three']) await clients().createClient({ ...APP, client_name: name });
    const { data } = await clients().listClients({ page: 1, perPage: 2 });
    expect(data).toMatchObject({ total: 3, nextPage: 2, lastPage: 2 });
    expect(data.clients.map(({ client_name }) => client_name)).toEqual(['three', 'two']);
    const beyond = await clients().listClients({ page: 9, perPage: 2 });
    expect(beyond.data).toMatchObject({ total: 3, clients: [] });
  });

  it('that are public have no secret', async () => {
    const { body } = await post({ ...APP, token_endpoint_auth_method: 'none' });
    expect(body).toMatchObject({ client_type: 'public', token_endpoint_auth_method: 'none' });
    expect(body).not.toHaveProperty('client_secret');
    const renewed = await clients().regenerateClientSecret(String(body.client_id));
    expect(renewed.error?.message).toBe('Cannot regenerate secret for public client');
  });

  it.each([
    [{ client_name: 'x' }, 'redirect_uris is required'],
    [{ redirect_uris: [] }, 'redirect_uris is required'],
    [{ redirect_uris: ['javascript://alert(1)'] }, 'not allowed for security reasons'],
    [{ redirect_uris: ['http://app.example'] }, 'HTTP scheme only allowed for localhost'],
    [{ redirect_uris: ['https://app.example#a'] }, 'fragment not allowed'],
    [{ redirect_uris: ['nonsense'] }, 'must have scheme and host'],
    [{ redirect_uris: Array<string>(11).fill('https://a.b') }, 'cannot exceed 10 items'],
    [{ ...APP, grant_types: ['password'] }, 'grant_types must only contain'],
    [{ ...APP, client_type: 'secret' }, 'client_type must be'],
    [{ ...APP, client_type: 'public', token_endpoint_auth_method: 'client_secret_post' }, 'is not valid for'],
    [{ ...APP, token_endpoint_auth_method: 'magic' }, 'must be one of'],
    [{ ...APP, client_uri: 'nonsense' }, 'client_uri must be a valid URL'],
  ])('%j are refused', async (body, message) => {
    const response = await post(body);
    expect(response).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    expect(response.body.msg).toContain(message);
  });

  it('are nobody’s business but administrators’', async () => {
    const token = auth.keys.anonKey;
    const refused = await auth.send('POST', '/admin/oauth/clients', { body: APP, token });
    expect(refused).toMatchObject({ status: 403, body: { error_code: 'not_admin' } });
  });
});

describe('an application', () => {
  it('signs users in, whom it has asked', async () => {
    const sent = locationOf(await authorize());
    expect(`${sent.origin}${sent.pathname}`).toBe('http://127.0.0.1:3000/ask');
    const id = sent.searchParams.get('authorization_id') ?? '';
    const details = await user.auth.oauth.getAuthorizationDetails(id);
    expect(details.data).toEqual({
      authorization_id: id,
      redirect_uri: BACK,
      client: { id: app.id, name: 'An app' },
      user: { id: expect.any(String), email: 'ada@example.com' },
      scope: 'openid email',
    });
    const { data } = await user.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true });
    const back = new URL(data?.redirect_url ?? '');
    expect(back.href.startsWith('https://app.example/back?kept=1&code=')).toBe(true);
    expect(back.searchParams.get('state')).toBe('the state');

    const { status, headers, body } = await exchange(back.searchParams.get('code') ?? '');
    expect({ status, cache: headers.get('cache-control') }).toEqual({ status: 200, cache: 'no-store' });
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'token_type',
    ]);
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      client_id: app.id,
      scope: 'openid email',
      email: 'ada@example.com',
      amr: [{ method: 'oauth_provider/authorization_code' }],
    });
    const idToken = decodeJwt(String(body.id_token));
    expect(idToken).toMatchObject({
      aud: app.id,
      nonce: 'the nonce',
      email: 'ada@example.com',
      email_verified: true,
      phone_number_verified: false,
      client_id: app.id,
    });
    expect(idToken).not.toHaveProperty('name');
    const info = await auth.send('GET', '/oauth/userinfo', { token: String(body.access_token) });
    expect(info.body).toEqual({ sub: idToken.sub, email: 'ada@example.com', email_verified: true });
  });

  it('refreshes its tokens, and nobody else does', async () => {
    const { body } = await exchange(await consent());
    const grant = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) };
    const other = await register('client_secret_basic');
    await expect(token(grant, other)).resolves.toMatchObject({
      status: 400,
      body: { error: 'invalid_client' },
    });
    const unknown = { ...grant, refresh_token: 'unknown' };
    await expect(token(unknown)).resolves.toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Refresh token is invalid or expired.' },
    });
    const plain = await auth.send('POST', '/token?grant_type=refresh_token', { body: grant });
    expect(plain).toMatchObject({ status: 400, body: { error: 'invalid_client' } });
    const refreshed = await token(grant);
    expect(refreshed.status).toBe(200);
    expect(decodeJwt(String(refreshed.body.access_token)).client_id).toBe(app.id);
    // Nor are tokens of users an application's.
    const { data } = await user.auth.getSession();
    const own = { grant_type: 'refresh_token', refresh_token: data.session?.refresh_token ?? '' };
    await expect(token(own)).resolves.toMatchObject({ status: 400, body: { error: 'invalid_client' } });
  });

  it('that is public has no secret; one that has, may send it in the form', async () => {
    const pub = await register('none');
    const post = await register('client_secret_post');
    for (const { id, secret } of [pub, post]) {
      app = { id, secret };
      const form = new URLSearchParams({
        grant_type: 'authorization_code',
        code: await consent(),
        code_verifier: VERIFIER,
        client_id: id,
        ...(secret !== '' && { client_secret: secret }),
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await auth.send('POST', '/oauth/token', { headers, body: form.toString() });
      expect(answer.status).toBe(200);
    }
  });

  it.each([
    ['client_id', 'x', 'invalid client_id format'],
    ['client_id', '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10', 'invalid client_id'],
    ['client_id', '', 'client_id is required'],
    ['redirect_uri', '', 'redirect_uri is required'],
    ['redirect_uri', 'https://evil.example/', 'invalid redirect_uri'],
  ])('with the %s %j is sent nowhere', async (name, value, message) => {
    const answer = await authorize({ [name]: value });
    expect(answer).toMatchObject({ status: 400, body: { msg: message } });
    expect(answer.headers.get('location')).toBeNull();
  });

  it.each([
    [{ response_type: 'token' }, 'only response_type=code is supported'],
    [{ scope: 'openid admin' }, 'unsupported scope: admin'],
    [{ code_challenge: '' }, 'PKCE flow requires both code_challenge and code_challenge_method'],
    [{ code_challenge_method: 'md5' }, "code_challenge_method must be 'S256' or 'plain'"],
    [{ code_challenge: 'short' }, 'code_challenge must be between 43 and 128 characters'],
    [{ resource: 'nonsense' }, 'resource must be an absolute URI without a fragment'],
  ])('that asks for %j is sent back with the fault', async (more, description) => {
    const { searchParams } = locationOf(await authorize(more));
    expect(Object.fromEntries(searchParams)).toEqual({
      kept: '1',
      error: 'invalid_request',
      error_description: description,
      state: 'the state',
    });
  });
});

describe('a code', () => {
  it('works once, for its application, with its verifier and its address', async () => {
    const code = await consent();
    const other = await register('client_secret_basic');
    const refused = async (answer: Promise<RawResponse>, status: number, body: object) => {
      await expect(answer).resolves.toMatchObject({ status, body });
    };
    const grant = (message: string) => ({ error: 'invalid_grant', error_description: message });
    await refused(exchange('made-up'), 400, grant('Invalid authorization code'));
    await refused(exchange(code, {}, other), 400, grant('Authorization code was not issued for this client'));
    await refused(
      exchange(code, { redirect_uri: 'https://app.example/' }),
      400,
      grant('Invalid redirect_uri'),
    );
    await refused(exchange(code, { code_verifier: 'x' }), 400, { error: 'invalid_grant' });
    await refused(exchange(code, {}, { ...app, secret: 'x' }), 401, { error: 'invalid_client' });
    await refused(exchange(code, {}, { id: 'x', secret: 'x' }), 401, { error: 'invalid_client' });
    await refused(exchange(code, { grant_type: 'password' }), 400, { error: 'unsupported_grant_type' });
    await refused(exchange(code, { grant_type: '' }), 400, { error: 'invalid_request' });
    await refused(exchange(''), 400, {
      error: 'invalid_request',
      error_description: 'code is required for authorization_code grant',
    });
    const twice = await Promise.all([exchange(code), exchange(code)]);
    expect(twice.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('that is late works no more', async () => {
    const code = await consent();
    await auth.pool.query("update auth.oauth_authorizations set expires_at = now() - interval '1 second'");
    await expect(exchange(code)).resolves.toMatchObject({
      body: { error_description: 'Authorization code has expired' },
    });
  });
});

describe('a user', () => {
  it('is asked once for what was granted, and again for more', async () => {
    await consent();
    const again = await user.auth.oauth.getAuthorizationDetails(await ask({ scope: 'email' }));
    expect(again.data).toEqual({ redirect_url: expect.stringContaining('code=') });
    const more = await user.auth.oauth.getAuthorizationDetails(await ask({ scope: 'openid email profile' }));
    expect(more.data).toHaveProperty('authorization_id');
  });

  it('may say no', async () => {
    const id = await ask();
    await user.auth.oauth.getAuthorizationDetails(id);
    const { data } = await user.auth.oauth.denyAuthorization(id, { skipBrowserRedirect: true });
    const { searchParams } = new URL(data?.redirect_url ?? '');
    expect(searchParams.get('error')).toBe('access_denied');
    const late = await user.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true });
    expect(late.error?.message).toBe('authorization request cannot be processed');
  });

  it('decides on nobody else’s requests, nor on late ones, nor from another site', async () => {
    const id = await ask();
    await user.auth.oauth.getAuthorizationDetails(id);
    const eve = await signedIn('eve@example.com');
    const refused = { status: 404, code: 'oauth_authorization_not_found' };
    expect((await eve.auth.oauth.getAuthorizationDetails(id)).error).toMatchObject(refused);
    const stolen = await eve.auth.oauth.approveAuthorization(id, { skipBrowserRedirect: true });
    expect(stolen.error).toMatchObject(refused);
    const nobody = await auth.send('GET', `/oauth/authorizations/${id}`, { token: auth.keys.anonKey });
    expect(nobody.status).toBe(403);
    const { data } = await user.auth.getSession();
    const elsewhere = await auth.send('GET', `/oauth/authorizations/${id}`, {
      token: data.session?.access_token ?? '',
      headers: { origin: 'https://evil.example' },
    });
    expect(elsewhere.body.msg).toBe('unauthorized request origin');
    await auth.pool.query("update auth.oauth_authorizations set expires_at = now() - interval '1 second'");
    expect((await user.auth.oauth.getAuthorizationDetails(id)).error).toMatchObject(refused);
  });

  it('sees what was granted, and takes it back: sessions of the application end', async () => {
    const { body } = await exchange(await consent());
    const { data } = await user.auth.oauth.listGrants();
    expect(data).toMatchObject([{ client: { id: app.id, name: 'An app' }, scopes: ['openid', 'email'] }]);
    expect((await user.auth.oauth.revokeGrant({ clientId: app.id })).error).toBeNull();
    expect((await user.auth.oauth.listGrants()).data).toEqual([]);
    const ended = await auth.send('GET', '/oauth/userinfo', { token: String(body.access_token) });
    expect(ended).toMatchObject({ status: 403, body: { error_code: 'session_not_found' } });
    expect((await user.auth.getUser()).error).toBeNull();
    expect((await user.auth.oauth.revokeGrant({ clientId: app.id })).error).toMatchObject({
      status: 404,
      code: 'oauth_consent_not_found',
    });
  });
});
