import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Harness } from './harness.ts';
import { ethereumWallet, solanaWallet } from './wallets.ts';
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

  it('of the address makes that of another identity the user’s, unconfirmed if nobody verified it', async () => {
    auth = await variants.start(`${LINKING}\n[auth.email]\nenable_confirmations = true`);
    const { client, user } = await twoIdentities();
    const others = [
      ['google', 'unknown@example.com', false],
      ['github', 'verified@example.com', true],
    ] as const;
    for (const [provider, email, email_verified] of others) {
      await auth.pool.query(
        `insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
         values ($1, $2, $3, $1, now(), now())`,
        [provider, user?.id, { sub: provider, email, email_verified }],
      );
    }
    const unlink = async (provider: string) => {
      const { data } = await client.auth.getUserIdentities();
      const identity = data?.identities.find((candidate) => candidate.provider === provider);
      if (identity === undefined) throw new Error('No identity.');
      expect((await client.auth.unlinkIdentity(identity)).error).toBeNull();
      return (await client.auth.getUser()).data.user;
    };
    await client.auth.updateUser({ email: 'next@example.com' });
    await client.auth.resetPasswordForEmail(EMAIL);
    const { hash } = await auth.mails.last(EMAIL);
    const verified = await unlink('email');
    expect(verified).toMatchObject({ email: 'verified@example.com', email_confirmed_at: expect.any(String) });
    expect(verified).not.toHaveProperty('new_email');
    const late = await auth.client().auth.verifyOtp({ token_hash: hash, type: 'recovery' });
    expect(late.error?.code).toBe('otp_expired');
    const unknown = await unlink('github');
    expect(unknown).toMatchObject({ email: 'unknown@example.com', user_metadata: { email_verified: false } });
    expect(unknown).not.toHaveProperty('email_confirmed_at');
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

describe('wallets', () => {
  const WALLETS = `
    [auth]
    site_url = "https://shop.example"
    additional_redirect_urls = ["http://localhost:3000/**"]
    [auth.web3.ethereum]
    enabled = true`;
  const SOLANA = `${WALLETS}\n[auth.web3.solana]\nenabled = true`;
  const HERE = { url: 'https://shop.example/' };

  it('of Ethereum sign in who is known by nothing else, whatever the case of the address', async () => {
    auth = await variants.start(WALLETS);
    const wallet = ethereumWallet();
    const { data, error } = await auth.client().auth.signInWithWeb3({
      chain: 'ethereum',
      wallet,
      statement: 'I agree.',
      options: HERE,
    });
    expect(error).toBeNull();
    const sub = `web3:ethereum:${wallet.address}`;
    const known = {
      sub,
      email_verified: false,
      phone_verified: false,
      custom_claims: {
        address: wallet.address,
        chain: 'ethereum',
        network: '1',
        domain: 'shop.example',
        statement: 'I agree.',
      },
    };
    expect(data.user).toMatchObject({
      email: '',
      app_metadata: { provider: 'web3', providers: ['web3'] },
      user_metadata: known,
      identities: [{ provider: 'web3', id: sub, identity_data: known }],
    });
    expect(decodeJwt(data.session?.access_token ?? '')).toMatchObject({
      aal: 'aal1',
      amr: [{ method: 'web3' }],
    });
    const message = wallet
      .lastMessage()
      .replace(wallet.address, wallet.address.toUpperCase().replace('X', 'x'));
    const again = await auth
      .client()
      .auth.signInWithWeb3({ chain: 'ethereum', message, signature: wallet.sign(message) });
    expect(again.data.user?.id).toBe(data.user?.id);
  });

  it('of Solana do, too, plain or in the envelope of a Ledger', async () => {
    auth = await variants.start(SOLANA);
    for (const ledger of [false, true]) {
      const wallet = solanaWallet({ ledger });
      const options = { url: 'http://localhost:3000/login' };
      const first = await auth.client().auth.signInWithWeb3({ chain: 'solana', wallet, options });
      expect(first.data.user?.identities).toMatchObject([
        {
          id: `web3:solana:${wallet.publicKey.toBase58()}`,
          identity_data: { custom_claims: { network: '', domain: 'localhost:3000', statement: '' } },
        },
      ]);
      const again = await auth.client().auth.signInWithWeb3({ chain: 'solana', wallet, options });
      expect(again.data.user?.id).toBe(first.data.user?.id);
    }
  });

  it('are refused for other apps, other times, other chains and by other keys', async () => {
    auth = await variants.start(WALLETS);
    const wallet = ethereumWallet();
    const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
    const signIn = (url: string, times: object = {}) =>
      auth
        .client()
        .auth.signInWithWeb3({ chain: 'ethereum', wallet, options: { url, signInWithEthereum: times } });
    const refusals = [
      [signIn('https://evil.example/'), /URI which is not allowed on this server/],
      [signIn('http://shop.example/'), /does not use HTTPS/],
      [signIn(HERE.url, { issuedAt: minutes(-11) }), /issued too long ago/],
      [signIn(HERE.url, { issuedAt: minutes(11) }), /too far in the future/],
      [signIn(HERE.url, { issuedAt: minutes(-2), expirationTime: minutes(-1) }), /is expired/],
      [signIn(HERE.url, { notBefore: minutes(1) }), /becomes valid in the future/],
    ] as const;
    for (const [answer, reason] of refusals) {
      expect((await answer).error).toMatchObject({ status: 400, message: expect.stringMatching(reason) });
    }
    await signIn(HERE.url);
    const message = wallet.lastMessage();
    const grant = (body: object) => auth.send('POST', '/token?grant_type=web3', { body });
    const phishing = message.replace('shop.example wants', 'evil.example wants');
    const raw = [
      [{ chain: 'ethereum', message, signature: ethereumWallet().sign(message) }, { error: 'invalid_grant' }],
      [
        { chain: 'ethereum', message: phishing, signature: wallet.sign(phishing) },
        { error: 'invalid_grant' },
      ],
      [{ chain: 'ethereum', message, signature: `0x${'ff'.repeat(65)}` }, { error: 'invalid_grant' }],
      [{ chain: 'ethereum', message, signature: '0x12' }, { error_code: 'validation_failed' }],
      [
        { chain: 'ethereum', message: 'x'.repeat(80), signature: wallet.sign('x') },
        { error_code: 'validation_failed' },
      ],
      [{ chain: 'dogecoin' }, { error_code: 'web3_unsupported_chain' }],
    ] as const;
    for (const [body, refusal] of raw)
      expect(await grant(body)).toMatchObject({ status: 400, body: refusal });
    expect(await grant({ chain: 'solana' })).toMatchObject({
      status: 422,
      body: { error_code: 'web3_provider_disabled', msg: 'Solana Web3 provider is disabled' },
    });
  });
});
