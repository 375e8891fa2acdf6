import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Harness } from '../harness.ts';
import { startVariants, type Variants } from '../variants.ts';
import { startApiServer, type ApiServer } from './api-server.ts';
import { makeIdentityProvider, type Claims, type IdentityProvider } from './identity-provider.ts';

const SERVICE = {
  entityId: 'http://127.0.0.1/auth/v1/sso/saml/metadata',
  acsUrl: 'http://127.0.0.1/auth/v1/sso/saml/acs',
};
const APP = 'http://127.0.0.1:3000/welcome';
const ADA: Claims = {
  nameId: 'ada-1',
  attributes: { mail: 'Ada@acme.example', team: 'engines', displayName: 'Ada' },
};
const MAPPING = {
  keys: { name: { names: ['displayName'] }, team: { name: 'team' }, plan: { default: 'free' } },
};
const LONG = randomBytes(4000).toString('hex');
const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const SETTINGS = `
  [auth.email]
  enable_confirmations = true
  [auth.saml]
  enabled = true
  private_key = "${KEY.export({ type: 'pkcs1', format: 'der' }).toString('base64')}"`;

let auth: Harness;
let variants: Variants;
let acme: IdentityProvider;
let api: ApiServer;

beforeAll(async () => {
  [variants, acme, api] = await Promise.all([
    startVariants(),
    makeIdentityProvider('https://acme.example/idp', SERVICE),
    startApiServer(),
  ]);
});
afterEach(async () => {
  await auth.pool.query('truncate auth.sso_providers cascade');
  await auth.close();
});
afterAll(() => Promise.all([variants.close(), api.close()]));

const admin = (method: string, path: string, body?: unknown) =>
  auth.send(method, `/admin/sso/providers${path}`, {
    token: auth.keys.serviceRoleKey,
    ...(body !== undefined && { body }),
  });

async function addAcme(more: object = {}): Promise<string> {
  const { status, body } = await admin('POST', '', {
    type: 'saml',
    metadata_xml: acme.metadata,
    domains: ['acme.example'],
    attribute_mapping: MAPPING,
    ...more,
  });
  expect(status).toBe(201);
  return String(body.id);
}

/** Begins a sign-in, and answers what the identity provider is sent. */
async function begin(body: object = {}) {
  const request = { domain: 'ACME.example', redirect_to: APP, skip_http_redirect: true, ...body };
  const response = await auth.send('POST', '/sso', { body: request });
  const url = new URL(String(response.body.url));
  const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
  return {
    url,
    xml,
    id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '',
    relayState: url.searchParams.get('RelayState') ?? '',
  };
}

async function post(SAMLResponse: string, RelayState: string): Promise<URL> {
  const response = await fetch(`${auth.url}/auth/v1/sso/saml/acs`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ SAMLResponse, RelayState }),
  });
  return new URL(response.headers.get('location') ?? '');
}

const tokenOf = (url: URL): string => new URLSearchParams(url.hash.slice(1)).get('access_token') ?? '';
const fault = (url: URL): string | null => url.searchParams.get('error_description');

describe('a sign-in that begins here', () => {
  it('sends a signed request, and ends with a session', async () => {
    auth = await variants.start(SETTINGS);
    const id = await addAcme();
    const asked = await begin();
    expect(asked.url.href.startsWith('https://acme.example/idp/sso?')).toBe(true);
    expect(asked.url.searchParams.get('SigAlg')).toBe('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256');
    expect(asked.xml).toContain(`AssertionConsumerServiceURL="${SERVICE.acsUrl}"`);
    expect(asked.xml).toContain('nameid-format:persistent');
    const sessionEnds = new Date(Date.now() + 3_600_000);
    const end = await post(acme.answer({ ...ADA, inResponseTo: asked.id, sessionEnds }), asked.relayState);
    expect(end.href.startsWith(`${APP}#access_token=`)).toBe(true);
    const claims = decodeJwt(tokenOf(end));
    expect(claims).toMatchObject({
      email: 'ada@acme.example',
      amr: [{ method: 'sso/saml', provider: id }],
      app_metadata: { provider: `sso:${id}`, providers: [`sso:${id}`] },
      user_metadata: {
        iss: acme.entityId,
        sub: 'ada-1',
        name: 'Ada',
        email_verified: true,
        custom_claims: { team: 'engines', plan: 'free' },
      },
    });
    const { rows } = await auth.pool.query('select is_sso_user from auth.users');
    expect(rows).toEqual([{ is_sso_user: true }]);
    const session = await auth.pool.query<{ not_after: Date }>('select not_after from auth.sessions');
    expect(session.rows[0]?.not_after).toEqual(sessionEnds);
    const changed = await auth.send('PUT', '/user', {
      token: tokenOf(end),
      body: { password: 'correct horse' },
    });
    expect(changed).toMatchObject({ status: 422, body: { error_code: 'user_sso_managed' } });
  });

  it('ends with a code for PKCE, by supabase-js', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    const client = auth.client({ flowType: 'pkce' });
    const { data } = await client.auth.signInWithSSO({
      domain: 'acme.example',
      options: { redirectTo: APP },
    });
    const url = new URL(data?.url ?? '');
    const xml = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    const inResponseTo = / ID="([^"]+)"/.exec(xml)?.[1] ?? '';
    const end = await post(
      acme.answer({ ...ADA, inResponseTo }, 'response'),
      url.searchParams.get('RelayState') ?? '',
    );
    const exchanged = await client.auth.exchangeCodeForSession(end.searchParams.get('code') ?? '');
    expect(exchanged.data.user?.email).toBe('ada@acme.example');
  });

  it('never joins an account of somebody else', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    await auth.admin().auth.admin.createUser({
      email: 'ada@acme.example',
      password: 'correct horse',
      email_confirm: true,
    });
    for (const nameId of ['ada-1', 'ada-1']) {
      const asked = await begin();
      const end = await post(acme.answer({ ...ADA, nameId, inResponseTo: asked.id }), asked.relayState);
      expect(tokenOf(end)).not.toBe('');
    }
    const { rows } = await auth.pool.query('select email, is_sso_user from auth.users order by is_sso_user');
    expect(rows).toEqual([
      { email: 'ada@acme.example', is_sso_user: false },
      { email: 'ada@acme.example', is_sso_user: true },
    ]);
  });

  it('is refused when something is wrong with the answer', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    const stranger = await makeIdentityProvider(acme.entityId, SERVICE);
    const answers: ((id: string) => string)[] = [
      (id) => acme.answer({ ...ADA, inResponseTo: id }, 'nothing'),
      (id) => stranger.answer({ ...ADA, inResponseTo: id }),
      (id) => acme.answer({ ...ADA, inResponseTo: id, audience: 'https://another.example' }),
      (id) => acme.answer({ ...ADA, inResponseTo: id, recipient: 'https://another.example' }),
      (id) => acme.answer({ ...ADA, inResponseTo: id, issuer: 'https://another.example' }),
      (id) => acme.answer({ ...ADA, inResponseTo: id, expires: -600 }),
      () => acme.answer({ ...ADA, inResponseTo: 'id-of-another-request' }),
      () => acme.answer(ADA),
      (id) => wrap(acme.answer({ ...ADA, inResponseTo: id }), id),
      () => Buffer.from('<a/>').toString('base64'),
      () => 'nonsense',
    ];
    for (const answer of answers) {
      const asked = await begin();
      const end = await post(answer(asked.id), asked.relayState);
      expect(end.origin).toBe('http://127.0.0.1:3000');
      expect(fault(end)).toBe('SAML Assertion is not valid');
    }
    const { rows } = await auth.pool.query('select 1 from auth.users');
    expect(rows).toHaveLength(0);
  });

  it('is refused when its relay state was used, is old or is none', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    const asked = await begin();
    const answer = acme.answer({ ...ADA, inResponseTo: asked.id });
    expect(tokenOf(await post(answer, asked.relayState))).not.toBe('');
    expect((await post(answer, asked.relayState)).searchParams.get('error_code')).toBe(
      'saml_relay_state_not_found',
    );
    const slow = await begin();
    await auth.pool.query(`update auth.saml_relay_states set created_at = now() - interval '3 minutes'`);
    const late = await post(acme.answer({ ...ADA, inResponseTo: slow.id }), slow.relayState);
    expect(late.searchParams.get('error_code')).toBe('saml_relay_state_expired');
    expect(fault(await post(answer, 'nonsense'))).toBe('SAML RelayState is not a valid UUID or URL');
    expect(fault(await post('', asked.relayState))).toBe('SAMLResponse is missing');
  });
});

describe('a sign-in that begins at the identity provider', () => {
  it('ends where the provider says, once', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    const answer = acme.answer(ADA);
    const end = await post(answer, APP);
    expect(end.href.startsWith(`${APP}#access_token=`)).toBe(true);
    expect(fault(await post(answer, APP))).toBe('SAML Assertion was used before');
    const elsewhere = await post(acme.answer(ADA), 'https://evil.example');
    expect(elsewhere.origin).toBe('http://127.0.0.1:3000');
    const asked = acme.answer({ ...ADA, inResponseTo: 'id-1' });
    expect(fault(await post(asked, APP))).toBe('SAML Assertion is not valid');
    const stranger = await makeIdentityProvider('https://stranger.example', SERVICE);
    expect((await post(stranger.answer(ADA), '')).searchParams.get('error_code')).toBe('saml_idp_not_found');
  });

  it('needs a lasting id and an address', async () => {
    auth = await variants.start(SETTINGS);
    await addAcme();
    const format = (name: string): string => `urn:oasis:names:tc:SAML:${name}`;
    const transient = { ...ADA, nameIdFormat: format('2.0:nameid-format:transient') };
    expect((await post(acme.answer(transient), '')).searchParams.get('error_code')).toBe(
      'saml_assertion_no_user_id',
    );
    const nameless = await post(acme.answer({ nameId: 'x' }), '');
    expect(nameless.searchParams.get('error_code')).toBe('saml_assertion_no_email');
    const mail = { nameId: 'Bob@acme.example', nameIdFormat: format('1.1:nameid-format:emailAddress') };
    expect(decodeJwt(tokenOf(await post(acme.answer(mail), ''))).email).toBe('bob@acme.example');
  });
});

describe('our own metadata', () => {
  it('names the addresses and the certificate, and is the same every time', async () => {
    auth = await variants.start(SETTINGS);
    const read = async (path: string) => (await auth.send('GET', path)).body.text as string;
    const xml = await read('/sso/saml/metadata');
    expect(xml).toContain(`entityID="${SERVICE.entityId}"`);
    expect(xml).toContain(`Location="${SERVICE.acsUrl}"`);
    const base64 = /<ds:X509Certificate>([^<]+)</.exec(xml)?.[1] ?? '';
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    expect(certificate.checkPrivateKey(KEY)).toBe(true);
    await auth.close();
    auth = await variants.start(SETTINGS);
    expect(await read('/sso/saml/metadata?download=true')).toBe(xml);
    expect((await auth.send('GET', '/settings')).body.saml_enabled).toBe(true);
  });

  it('is not there without SAML, and SAML not without a key', async () => {
    auth = await variants.start();
    for (const [method, path] of [
      ['GET', '/sso/saml/metadata'],
      ['POST', '/sso/saml/acs'],
      ['POST', '/sso'],
    ] as const) {
      const refused = await auth.send(method, path, method === 'GET' ? {} : { body: { domain: 'a.b' } });
      expect(refused).toMatchObject({ status: 404, body: { error_code: 'saml_provider_disabled' } });
    }
    await expect(variants.start('[auth.saml]\nenabled = true\nprivate_key = "x"')).rejects.toThrow(
      'private_key',
    );
  });
});

describe('the admin API', () => {
  it('keeps providers', async () => {
    auth = await variants.start(SETTINGS);
    const id = await addAcme();
    expect((await admin('GET', '')).body.items).toEqual([
      {
        id,
        disabled: null,
        saml: { entity_id: acme.entityId, attribute_mapping: MAPPING },
        domains: [{ domain: 'acme.example' }],
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    ]);
    const changed = await admin('PUT', `/${id}`, { domains: ['acme.example', 'acme.test'] });
    expect(changed.body).toMatchObject({
      saml: { metadata_xml: acme.metadata, attribute_mapping: MAPPING },
      domains: [{ domain: 'acme.example' }, { domain: 'acme.test' }],
    });
    expect((await admin('GET', `/${id}`)).body).toEqual(changed.body);
    const unmapped = await admin('PUT', `/${id}`, { attribute_mapping: { keys: {} } });
    expect(unmapped.body.saml).toMatchObject({ attribute_mapping: { keys: {} } });
    expect((await admin('DELETE', `/${id}`)).body.id).toBe(id);
    expect((await admin('GET', `/${id}`)).body.error_code).toBe('sso_provider_not_found');
    const gone = await auth.send('POST', '/sso', { body: { domain: 'acme.example' } });
    expect(gone.body.msg).toBe('No SSO provider assigned for this domain');
  });

  it('knows providers by a name of the administrator’s own, and disables them', async () => {
    auth = await variants.start(SETTINGS);
    const id = await addAcme({ resource_id: 'Team-1', disabled: true });
    const other = await makeIdentityProvider('https://other.example', SERVICE);
    const second = { type: 'saml', metadata_xml: other.metadata, resource_id: 'team-1' };
    expect(await admin('POST', '', second)).toMatchObject({ status: 422, body: { error_code: 'conflict' } });
    await admin('POST', '', { ...second, resource_id: '' });
    const listed = async (query: string) => (await admin('GET', query)).body.items as { id: string }[];
    expect((await listed('?resource_id=Team-1')).map((found) => found.id)).toEqual([id]);
    expect((await listed('?resource_id_prefix=Te')).map((found) => found.id)).toEqual([id]);
    expect(await listed('?resource_id_prefix=T%25')).toEqual([]);
    expect(await listed('')).toHaveLength(2);
    expect((await admin('GET', '/resource_team-1')).body).toMatchObject({ id, disabled: true });
    for (const name of ['resource_none', 'resource_', 'resource_%00', 'none']) {
      expect((await admin('GET', `/${name}`)).body.error_code).toBe('sso_provider_not_found');
    }
    for (const more of [{ resource_id: LONG }, { domains: [LONG] }, { resource_id: 'a\0b' }]) {
      const unkept = await admin('POST', '', { type: 'saml', metadata_xml: other.metadata, ...more });
      expect(unkept).toMatchObject({ status: expect.any(Number), body: { code: expect.any(Number) } });
      expect(unkept.status).toBeLessThan(500);
    }
    const refused = { status: 404, body: { error_code: 'sso_provider_disabled' } };
    for (const body of [{ domain: 'acme.example' }, { provider_id: id }]) {
      expect(await auth.send('POST', '/sso', { body })).toMatchObject(refused);
    }
    const renamed = await admin('PUT', '/resource_Team-1', { resource_id: '', disabled: false });
    expect(renamed.body).toMatchObject({ id, disabled: false });
    expect(renamed.body).not.toHaveProperty('resource_id');
    const asked = await begin();
    await admin('PUT', `/${id}`, { disabled: true });
    for (const state of [asked.relayState, APP]) {
      const end = await post(acme.answer({ ...ADA, inResponseTo: asked.id }), state);
      expect(end.searchParams.get('error_code')).toBe('sso_provider_disabled');
    }
  });

  it('reads metadata from an address', async () => {
    auth = await variants.start(SETTINGS);
    api.answer = ({ path }) => (path === '/metadata' ? acme.metadata : { status: 500 });
    const metadata_url = `${api.url}/metadata`;
    const { body } = await admin('POST', '', { type: 'saml', metadata_url });
    expect(body).toMatchObject({ saml: { entity_id: acme.entityId, metadata_url } });
    const failed = await admin('PUT', `/${String(body.id)}`, { metadata_url: `${api.url}/other` });
    expect(failed.body.error_code).toBe('saml_metadata_fetch_failed');
  });

  it.each([
    [{ type: 'oidc' }, "Only 'saml' supported for SSO provider type"],
    [{ type: 'saml' }, 'Either metadata_xml or metadata_url must be set'],
    [
      { type: 'saml', metadata_xml: 'x', metadata_url: 'y' },
      'Only one of metadata_xml or metadata_url needs to be set',
    ],
    [{ type: 'saml', metadata_url: 'http://acme.example' }, 'metadata_url is not a HTTPS URL'],
    [{ type: 'saml', metadata_xml: 'x' }, 'SAML Metadata is not valid XML'],
    [{ type: 'saml', metadata_xml: '<a/>' }, 'SAML Metadata does not contain an EntityID'],
    [
      { type: 'saml', metadata_xml: '<EntityDescriptor entityID="a"/>' },
      'SAML Metadata does not contain any IDPSSODescriptor',
    ],
    [{ type: 'saml', metadata_xml: '<!DOCTYPE a><a/>' }, 'SAML Metadata must not have a DOCTYPE'],
  ])('refuses %j', async (body, message) => {
    auth = await variants.start(SETTINGS);
    expect(await admin('POST', '', body)).toMatchObject({ status: 400, body: { msg: message } });
  });

  it('refuses what another provider has', async () => {
    auth = await variants.start(SETTINGS);
    const id = await addAcme();
    const again = await admin('POST', '', { type: 'saml', metadata_xml: acme.metadata });
    expect(again).toMatchObject({ status: 422, body: { error_code: 'saml_idp_already_exists' } });
    const other = await makeIdentityProvider('https://other.example', SERVICE);
    const domain = await admin('POST', '', {
      type: 'saml',
      metadata_xml: other.metadata,
      domains: ['ACME.example'],
    });
    expect(domain).toMatchObject({ status: 400, body: { error_code: 'sso_domain_already_exists' } });
    const mismatch = await admin('PUT', `/${id}`, { metadata_xml: other.metadata });
    expect(mismatch.body.error_code).toBe('saml_entity_id_mismatch');
    const nobody = await auth.send('GET', '/admin/sso/providers', { token: auth.keys.anonKey });
    expect(nobody.status).toBe(403);
  });
});

/** Hides the signed assertion behind one that nobody signed, as attackers do. */
function wrap(answer: string, id: string): string {
  const xml = Buffer.from(answer, 'base64').toString();
  const signed = /<saml:Assertion .*<\/saml:Assertion>/s.exec(xml)?.[0] ?? '';
  const forged = signed.replace(/<(ds:)?Signature.*?<\/(ds:)?Signature>/s, '').replaceAll('ada-1', 'eve');
  const renamed = forged.replace(/ ID="a-[^"]+"/, ` ID="a-forged-${id}"`);
  const hidden = renamed.replace('</saml:Assertion>', `<Extensions>${signed}</Extensions></saml:Assertion>`);
  return Buffer.from(xml.replace(signed, hidden)).toString('base64');
}
