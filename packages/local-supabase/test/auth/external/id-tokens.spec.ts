import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT, generateKeyPair, type JWTPayload } from 'jose';
import type { Harness } from '../harness.ts';
import { startVariants, type Variants } from '../variants.ts';
import { CLIENT, startOidcServer, type OidcServer } from './oidc-server.ts';

const ADA: JWTPayload = { sub: 'ada-1', email: 'ada@example.com', email_verified: true, name: 'Ada' };

let auth: Harness;
let oidc: OidcServer;
let variants: Variants;

beforeAll(async () => {
  [variants, oidc] = await Promise.all([startVariants(), startOidcServer('http://127.0.0.1/callback')]);
});
afterEach(() => auth.close());
afterAll(() => Promise.all([variants.close(), oidc.close()]));

function settings(extra = ''): string {
  const provider = (name: string, more = ''): string => `
    [auth.external.${name}]
    enabled = true
    client_id = "web,${CLIENT.id}"
    secret = "x"
    url = "${oidc.url}"
    ${more}`;
  return `
    [auth.email]
    enable_confirmations = true
    ${provider('google')}
    ${provider('facebook')}
    ${provider('acme', 'skip_nonce_check = true')}
    ${extra}`;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const grant = (body: object, token?: string) =>
  auth.send('POST', '/token?grant_type=id_token', { body, ...(token !== undefined && { token }) });

describe('an ID token', () => {
  it('signs in, and the same user the next time', async () => {
    auth = await variants.start(settings());
    const token = await oidc.idToken({ ...ADA, nonce: hash('once') });
    const client = auth.client();
    const { data, error } = await client.auth.signInWithIdToken({ provider: 'google', token, nonce: 'once' });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      email: 'ada@example.com',
      app_metadata: { provider: 'google', providers: ['google'] },
      user_metadata: { iss: oidc.url, sub: 'ada-1', full_name: 'Ada', email_verified: true },
    });
    const custom = await grant({ id_token: await oidc.idToken(ADA), client_id: 'x', issuer: oidc.url });
    expect(custom.body.user).toMatchObject({ id: data.user?.id });
    // Facebook's nonces are nobody's to compare.
    const plain = await oidc.idToken({ ...ADA, sub: 'ada-2', nonce: 'once' });
    expect((await grant({ id_token: plain, provider: 'facebook' })).status).toBe(200);
  });

  it('must belong to the access token that comes with it', async () => {
    auth = await variants.start(settings());
    const at_hash = createHash('sha256').update('access').digest().subarray(0, 16).toString('base64url');
    const id_token = await oidc.idToken({ ...ADA, at_hash });
    const right = await grant({ provider: 'google', id_token, access_token: 'access' });
    expect(right.status).toBe(200);
    const wrong = await grant({ provider: 'google', id_token, access_token: 'another' });
    expect(wrong).toMatchObject({ status: 400, body: { error_description: 'Bad ID token' } });
  });

  it('is refused when something is wrong with it', async () => {
    auth = await variants.start(settings());
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT({ ...ADA, aud: CLIENT.id, iss: oidc.url, iat: 1, exp: 4e9 })
      .setProtectedHeader({ alg: 'RS256', kid: 'oidc' })
      .sign(privateKey);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${forged.split('.')[1]}.`;
    const cases: [string, string, string?][] = [
      ['Bad ID token', 'nonsense'],
      ['Bad ID token', forged],
      ['Bad ID token', unsigned],
      ['Bad ID token', await oidc.idToken({ ...ADA, exp: 1 })],
      ['Bad ID token', await oidc.idToken({ ...ADA, iss: 'https://another.example' })],
      ['Bad ID token', await oidc.idToken({ sub: 'ada-1' })],
      ['Missing sub claim in id_token', await oidc.idToken({ ...ADA, sub: '' })],
      ['Unacceptable audience in id_token: [other]', await oidc.idToken({ ...ADA, aud: 'other' })],
      ['Passed nonce and nonce in id_token should either both exist or not.', await oidc.idToken(ADA), 'a'],
      [
        'Passed nonce and nonce in id_token should either both exist or not.',
        await oidc.idToken({ ...ADA, nonce: hash('a') }),
      ],
      ['Nonces mismatch', await oidc.idToken({ ...ADA, nonce: hash('a') }), 'b'],
    ];
    for (const [description, id_token, nonce] of cases) {
      const response = await grant({ provider: 'google', id_token, nonce });
      expect(response.status).toBe(400);
      expect(response.body.error_description).toBe(description);
    }
    const skipped = await grant({ provider: 'acme', id_token: await oidc.idToken({ ...ADA, nonce: 'n' }) });
    expect(skipped.status).toBe(200);
  });

  it('is refused of providers that are not there', async () => {
    auth = await variants.start(settings());
    const id_token = await oidc.idToken(ADA);
    expect(await grant({ provider: 'apple', id_token })).toMatchObject({
      status: 400,
      body: {
        error_code: 'provider_disabled',
        msg: 'Provider (issuer "https://appleid.apple.com") is not enabled',
      },
    });
    expect(await grant({ provider: 'nobody', id_token })).toMatchObject({
      status: 400,
      body: { error_code: 'validation_failed', msg: 'Custom OIDC provider "nobody" not allowed' },
    });
    expect((await grant({ id_token })).body.error_description).toBe(
      'provider or client_id and issuer required',
    );
    expect((await grant({ provider: 'google' })).body.error_description).toBe('id_token required');
    const { error } = await auth.client().auth.signInWithIdToken({ provider: 'kakao', token: id_token });
    expect(error).toMatchObject({ status: 400, code: 'provider_disabled' });
  });

  it('of Azure is accepted of a tenant only', async () => {
    const azure = `
      [auth.external.azure]
      enabled = true
      client_id = "${CLIENT.id}"
      secret = "x"
      url = "${oidc.url}"`;
    auth = await variants.start(settings(azure));
    const id_token = await oidc.idToken(ADA);
    expect((await grant({ provider: 'azure', id_token })).body.msg).toBe(
      'Unable to detect issuer in ID token for Azure provider',
    );
  });

  it('waits for a confirmation of an unverified address', async () => {
    auth = await variants.start(settings());
    const id_token = await oidc.idToken({ ...ADA, email_verified: false });
    const refused = await grant({ provider: 'google', id_token });
    expect(refused).toMatchObject({
      status: 422,
      body: { error_code: 'provider_email_needs_verification' },
    });
    const { hash: confirmation } = await auth.mails.last('ada@example.com');
    await auth.client().auth.verifyOtp({ type: 'signup', token_hash: confirmation });
    expect((await grant({ provider: 'google', id_token })).status).toBe(200);
  });
});

describe('linking by an ID token', () => {
  it('adds the identity to the signed-in user', async () => {
    auth = await variants.start(settings());
    const email = 'me@example.com';
    await auth.admin().auth.admin.createUser({ email, password: 'correct horse', email_confirm: true });
    const client = auth.client();
    const { data: me } = await client.auth.signInWithPassword({ email, password: 'correct horse' });
    const token = await oidc.idToken(ADA);
    const { data, error } = await client.auth.linkIdentity({ provider: 'google', token });
    expect(error).toBeNull();
    expect(data).toMatchObject({ user: { id: me.user?.id, email } });
    const taken = await client.auth.linkIdentity({ provider: 'google', token });
    expect(taken.error).toMatchObject({ status: 422, code: 'identity_already_exists' });
    const nobody = await grant({ provider: 'google', id_token: token, link_identity: true });
    expect(nobody).toMatchObject({
      status: 400,
      body: { error: 'invalid request', error_description: expect.stringContaining('Linking requires') },
    });
  });
});
