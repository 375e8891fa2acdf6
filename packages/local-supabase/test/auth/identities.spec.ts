import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

let auth: Harness;
let variants: Variants;
const PASSWORD = 'correct horse';
const EMAIL = 'somebody@example.com';
const LINKING = '[auth]\nenable_manual_linking = true';

beforeAll(async () => {
  variants = await startVariants();
});
afterEach(() => auth.close());
afterAll(() => variants.close());

async function twoIdentities() {
  await auth.admin().auth.admin.createUser({
    email: EMAIL,
    phone: '4915112345678',
    password: PASSWORD,
    email_confirm: true,
    phone_confirm: true,
  });
  const client = auth.client();
  const { data } = await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD });
  return {
    client,
    identities: (await client.auth.getUserIdentities()).data?.identities ?? [],
    user: data.user,
  };
}

describe('unlinking', () => {
  it('removes a phone and what it gave, and keeps the last identity', async () => {
    auth = await variants.start(LINKING);
    const { client, identities } = await twoIdentities();
    expect(identities.map(({ provider }) => provider).sort()).toEqual(['email', 'phone']);
    const phone = identities.find(({ provider }) => provider === 'phone');
    const email = identities.find(({ provider }) => provider === 'email');
    if (phone === undefined || email === undefined) throw new Error('No identities.');
    expect((await client.auth.unlinkIdentity(phone)).error).toBeNull();
    const { data } = await client.auth.getUser();
    expect(data.user).toMatchObject({ email: EMAIL, phone: '', app_metadata: { providers: ['email'] } });
    expect((await client.auth.unlinkIdentity(email)).error).toMatchObject({
      status: 422,
      code: 'single_identity_not_deletable',
    });
  });

  it('of the address leaves the phone', async () => {
    auth = await variants.start(LINKING);
    const { client, identities } = await twoIdentities();
    const email = identities.find(({ provider }) => provider === 'email');
    if (email === undefined) throw new Error('No identity.');
    expect((await client.auth.unlinkIdentity(email)).error).toBeNull();
    const { data } = await client.auth.getUser();
    expect(data.user).toMatchObject({
      email: '',
      phone: '4915112345678',
      app_metadata: { provider: 'phone' },
    });
    expect(data.user).not.toHaveProperty('email_confirmed_at');
  });

  it('is refused where the project has it off, for another’s identity and for what is no id', async () => {
    auth = await variants.start();
    const { client, identities } = await twoIdentities();
    const [first] = identities;
    if (first === undefined) throw new Error('No identity.');
    expect((await client.auth.unlinkIdentity(first)).error).toMatchObject({
      status: 404,
      code: 'manual_linking_disabled',
    });
    const token = (await client.auth.getSession()).data.session?.access_token ?? '';
    await auth.close();
    auth = await variants.start(LINKING);
    const again = await twoIdentities();
    const fresh = (await again.client.auth.getSession()).data.session?.access_token ?? token;
    const path = '/user/identities/83fd9e20-7a80-46e4-bf29-a86e3d6bbf66';
    expect(await auth.send('DELETE', path, { token: fresh })).toMatchObject({
      status: 422,
      body: { error_code: 'identity_not_found' },
    });
    expect((await auth.send('DELETE', '/user/identities/x', { token: fresh })).status).toBe(404);
  });
});

describe('external providers', () => {
  it('are refused by name', async () => {
    auth = await variants.start();
    expect(await auth.send('GET', '/authorize?provider=google')).toMatchObject({
      status: 400,
      body: { msg: 'Unsupported provider: provider is not enabled' },
    });
    expect(await auth.send('GET', '/authorize?provider=nobody')).toMatchObject({
      status: 400,
      body: { msg: 'Unsupported provider: Provider nobody could not be found' },
    });
    expect(await auth.send('POST', '/sso', { body: { domain: 'a.b' } })).toMatchObject({
      status: 404,
      body: { error_code: 'saml_provider_disabled' },
    });
  });
});
