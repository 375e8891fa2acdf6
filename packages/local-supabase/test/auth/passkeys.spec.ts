import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { makeAuthenticator, type Authenticator } from './authenticator.ts';
import type { Harness } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

const ORIGIN = 'http://localhost:5173';
const NOBODY = '83fd9e20-7a80-46e4-bf29-a86e3d6bbf66';
const SETTINGS = `
  [auth]
  enable_anonymous_sign_ins = true
  [auth.passkey]
  enabled = true
  [auth.webauthn]
  rp_id = "localhost"
  rp_origins = ["${ORIGIN}"]
  [auth.mfa.web_authn]
  enroll_enabled = true
  verify_enabled = true
  [auth.mfa.totp]
  enroll_enabled = true
  verify_enabled = true
  [auth.mfa.recovery_codes]
  enroll_enabled = true`;

let auth: Harness;
let variants: Variants;
let number = 0;

beforeAll(async () => {
  variants = await startVariants();
  auth = await variants.start(SETTINGS);
});
afterAll(async () => {
  await auth.close();
  await variants.close();
});

type Credential = Parameters<SupabaseClient['auth']['passkey']['verifyRegistration']>[0]['credential'];

async function signUp() {
  const client = auth.client();
  const email = `user-${(number += 1)}@example.com`;
  const { data } = await client.auth.signUp({ email, password: 'correct horse' });
  return { client, userId: data.user?.id ?? '', email };
}

async function register(client: SupabaseClient, device: Authenticator) {
  const { data, error } = await client.auth.passkey.startRegistration();
  if (error !== null) throw error;
  const credential = device.create(data.options) as unknown as Credential;
  return client.auth.passkey.verifyRegistration({ challengeId: data.challenge_id, credential });
}

async function signIn(device: Authenticator, client = auth.client()) {
  const { data, error } = await client.auth.passkey.startAuthentication();
  if (error !== null) throw error;
  const credential = device.get(data.options) as unknown as Credential;
  return client.auth.passkey.verifyAuthentication({ challengeId: data.challenge_id, credential });
}

describe('a passkey', () => {
  it('is registered, signs in, is renamed and removed', async () => {
    const { client, userId } = await signUp();
    const device = makeAuthenticator('localhost', ORIGIN);
    const begun = await client.auth.passkey.startRegistration();
    expect(begun.data).toMatchObject({
      expires_at: expect.any(Number),
      options: {
        rp: { id: 'localhost', name: 'Supabase' },
        authenticatorSelection: { residentKey: 'required' },
        attestation: 'none',
      },
    });
    const registered = await register(client, device);
    expect(registered.error).toBeNull();
    expect(registered.data?.friendly_name).toBe('Passkey');
    const passkeyId = registered.data?.id ?? '';
    const signedIn = await signIn(device);
    expect(signedIn.data?.user?.id).toBe(userId);
    expect(decodeJwt(signedIn.data?.session?.access_token ?? '')).toMatchObject({
      aal: 'aal1',
      amr: [{ method: 'passkey' }],
    });
    const renamed = await client.auth.passkey.update({ passkeyId, friendlyName: 'phone' });
    expect(renamed.data).toMatchObject({
      id: passkeyId,
      friendly_name: 'phone',
      last_used_at: expect.any(String),
    });
    expect((await client.auth.passkey.list()).data).toEqual([renamed.data]);
    expect((await client.auth.passkey.delete({ passkeyId })).error).toBeNull();
    expect((await signIn(device)).error).toMatchObject({ code: 'webauthn_verification_failed' });
    const log = await auth.pool.query<{ action: string }>(
      `select payload ->> 'action' as action from auth.audit_log_entries where payload ->> 'actor_id' = $1`,
      [userId],
    );
    const actions = log.rows.map(({ action }) => action);
    expect(actions).toEqual(
      expect.arrayContaining(['passkey_created', 'passkey_updated', 'passkey_deleted']),
    );
  });

  it('is called by its maker until it is renamed', async () => {
    const { client } = await signUp();
    const registered = await register(
      client,
      makeAuthenticator('localhost', ORIGIN, 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4'),
    );
    expect(registered.data?.friendly_name).toBe('Google Password Manager');
  });

  it('goes when its user is deleted, softly, too', async () => {
    const { client, userId } = await signUp();
    const device = makeAuthenticator('localhost', ORIGIN);
    await register(client, device);
    expect((await auth.admin().auth.admin.deleteUser(userId, true)).error).toBeNull();
    expect((await signIn(device)).error).toMatchObject({ code: 'webauthn_verification_failed' });
  });

  it('is refused twice, of another place, of another’s device, and when the challenge was answered', async () => {
    const { client } = await signUp();
    const device = makeAuthenticator('localhost', ORIGIN);
    await register(client, device);
    const second = await signUp();
    expect((await register(second.client, device)).error).toMatchObject({
      status: 422,
      code: 'webauthn_credential_exists',
    });
    const failed = { status: 400, code: 'webauthn_verification_failed' };
    for (const [rpId, origin] of [
      ['localhost', 'http://evil.example'],
      ['evil.example', ORIGIN],
    ] as const) {
      const elsewhere = await register(second.client, makeAuthenticator(rpId, origin));
      expect(elsewhere.error).toMatchObject(failed);
    }
    const stranger = makeAuthenticator('localhost', ORIGIN);
    const begun = await client.auth.passkey.startRegistration();
    stranger.create(begun.data?.options ?? { challenge: '', user: { id: '' } });
    expect((await signIn(stranger)).error).toMatchObject(failed);
    const own = makeAuthenticator('localhost', ORIGIN);
    await register(client, own);
    const { data } = await client.auth.passkey.startAuthentication();
    const credential = own.get(data?.options ?? { challenge: '' }) as unknown as Credential;
    const answer = { challengeId: data?.challenge_id ?? '', credential };
    expect((await auth.client().auth.passkey.verifyAuthentication(answer)).error).toBeNull();
    expect((await auth.client().auth.passkey.verifyAuthentication(answer)).error).toMatchObject({
      code: 'webauthn_challenge_not_found',
    });
  });

  it('is refused for a challenge of somebody else, too late, or with nonsense', async () => {
    const [one, two] = [await signUp(), await signUp()];
    const device = makeAuthenticator('localhost', ORIGIN);
    const { data } = await one.client.auth.passkey.startRegistration();
    const options = data?.options ?? { challenge: '', user: { id: '' } };
    const credential = device.create(options) as unknown as Credential;
    const answer = { challengeId: data?.challenge_id ?? '', credential };
    expect((await two.client.auth.passkey.verifyRegistration(answer)).error).toMatchObject({
      code: 'webauthn_challenge_not_found',
    });
    await auth.pool.query(`update auth.webauthn_challenges set expires_at = now() - interval '1 second'`);
    expect((await one.client.auth.passkey.verifyRegistration(answer)).error).toMatchObject({
      code: 'webauthn_challenge_expired',
    });
    for (const [body, code] of [
      [{}, 'validation_failed'],
      [{ challenge_id: 'x' }, 'validation_failed'],
      [{ challenge_id: NOBODY, credential: {} }, 'webauthn_challenge_not_found'],
    ] as const) {
      const refused = await auth.send('POST', '/passkeys/authentication/verify', { body });
      expect(refused).toMatchObject({ status: 400, body: { error_code: code } });
    }
    const open = await auth.send('POST', '/passkeys/authentication/options', { body: {} });
    const nonsense = { challenge_id: open.body.challenge_id, credential: { id: 'a', response: null } };
    const refused = await auth.send('POST', '/passkeys/authentication/verify', { body: nonsense });
    expect(refused.body.error_code).toBe('webauthn_verification_failed');
  });

  it('is a permanent user’s own, up to ten of them', async () => {
    const { client, userId } = await signUp();
    for (let count = 0; count < 10; count += 1) {
      expect((await register(client, makeAuthenticator('localhost', ORIGIN))).error).toBeNull();
    }
    const eleventh = await client.auth.passkey.startRegistration();
    expect(eleventh.error).toMatchObject({ status: 422, code: 'too_many_passkeys' });
    const unknown = await client.auth.passkey.update({ passkeyId: NOBODY, friendlyName: 'x' });
    expect(unknown.error).toMatchObject({ status: 404 });
    const admin = auth.admin().auth.admin.passkey;
    const listed = await admin.listPasskeys({ userId });
    expect(listed.data).toHaveLength(10);
    const passkeyId = listed.data?.[0]?.id ?? '';
    expect((await admin.deletePasskey({ userId, passkeyId })).error).toBeNull();
    expect((await admin.deletePasskey({ userId, passkeyId })).error).toMatchObject({ status: 404 });
    const anonymous = auth.client();
    await anonymous.auth.signInAnonymously();
    expect((await anonymous.auth.passkey.startRegistration()).error?.status).toBe(403);
  });

  it('signs in nobody who is banned or has to confirm', async () => {
    const { client, userId } = await signUp();
    const device = makeAuthenticator('localhost', ORIGIN);
    await register(client, device);
    await auth.pool.query(`update auth.users set email_confirmed_at = null where id = $1`, [userId]);
    expect((await signIn(device)).error).toMatchObject({ status: 403, code: 'email_not_confirmed' });
    await auth.pool.query(
      `update auth.users set email_confirmed_at = now(), banned_until = now() + interval '1 day' where id = $1`,
      [userId],
    );
    expect((await signIn(device)).error).toMatchObject({ status: 403, code: 'user_banned' });
  });
});

describe('without passkeys', () => {
  it('there are none, and the settings must be whole', async () => {
    const plain = await variants.start();
    const refused = await plain.send('POST', '/passkeys/authentication/options', { body: {} });
    expect(refused).toMatchObject({ status: 404, body: { error_code: 'passkey_disabled' } });
    await plain.close();
    await expect(variants.start('[auth.passkey]\nenabled = true')).rejects.toThrow('rp_id');
  });
});

describe('a security key as the second factor', () => {
  type Mfa = SupabaseClient['auth']['mfa'];
  const HERE = { rpId: 'localhost', rpOrigins: [ORIGIN] };
  const text = (bytes: unknown): string => Buffer.from(bytes as ArrayBuffer).toString('base64url');

  /** Asks for a challenge, has the device answer it, and sends the answer. */
  async function show(mfa: Mfa, factorId: string, device: Authenticator, between?: () => Promise<void>) {
    const { data, error } = await mfa.challenge({ factorId, webauthn: HERE });
    if (error !== null) throw error;
    const { type, credential_options: options } = data.webauthn;
    const challenge = text(options.publicKey.challenge);
    const credential =
      type === 'create'
        ? device.create({ challenge, user: { id: text(options.publicKey.user.id) } })
        : device.get({ challenge });
    await between?.();
    const answer = { ...HERE, type, credential_response: { ...credential, toJSON: () => credential } };
    const sent = { factorId, challengeId: data.id, webauthn: answer as never };
    return { type, options, send: () => mfa.verify(sent), answer: await mfa.verify(sent) };
  }

  it('is enrolled by a new key, and raises later sessions by it and by no other', async () => {
    const { client, email } = await signUp();
    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'webauthn', friendlyName: 'blue' });
    expect(factor).toEqual({ id: expect.any(String), type: 'webauthn', friendly_name: 'blue' });
    const factorId = factor?.id ?? '';
    const device = makeAuthenticator('localhost', ORIGIN);
    const made = await show(client.auth.mfa, factorId, device);
    expect(made.type).toBe('create');
    expect(made.answer.error).toBeNull();
    expect(decodeJwt(made.answer.data?.access_token ?? '')).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/webauthn' }, { method: 'password' }],
    });
    expect(made.answer.data?.user.factors).toMatchObject([
      { id: factorId, status: 'verified', factor_type: 'webauthn', web_authn_aaguid: expect.any(String) },
    ]);
    const later = auth.client();
    await later.auth.signInWithPassword({ email, password: 'correct horse' });
    const stranger = makeAuthenticator('localhost', ORIGIN);
    const wrong = await show(later.auth.mfa, factorId, stranger);
    expect(wrong.answer.error).toMatchObject({ status: 422, code: 'mfa_verification_failed' });
    const used = await show(later.auth.mfa, factorId, device);
    expect(used.type).toBe('request');
    expect(used.answer.error).toBeNull();
    expect((await used.send()).error).toMatchObject({ status: 422, code: 'mfa_factor_not_found' });
    expect((await later.auth.mfa.unenroll({ factorId })).error).toBeNull();
  });

  it('allows for recovery codes, and cannot be finished by who has not shown the factor that came first', async () => {
    const { client, email } = await signUp();
    const thief = auth.client();
    await thief.auth.signInWithPassword({ email, password: 'correct horse' });
    const { data: begun } = await thief.auth.mfa.enroll({ factorType: 'webauthn', friendlyName: 'thief' });
    const { data: app } = await client.auth.mfa.enroll({ factorType: 'totp' });
    const code = new TOTP({ secret: Secret.fromBase32(app?.totp.secret ?? '') }).generate();
    await client.auth.mfa.challengeAndVerify({ factorId: app?.id ?? '', code });
    await thief.auth.signInWithPassword({ email, password: 'correct horse' });
    const stolen = await show(thief.auth.mfa, begun?.id ?? '', makeAuthenticator('localhost', ORIGIN));
    expect(stolen.answer.error).toMatchObject({ status: 403, code: 'insufficient_aal' });
    // The owner, who has shown it, may; and a key alone is enough for recovery codes.
    await show(client.auth.mfa, begun?.id ?? '', makeAuthenticator('localhost', ORIGIN));
    expect((await client.auth.mfa.unenroll({ factorId: app?.id ?? '' })).error).toBeNull();
    const { data } = await client.auth.refreshSession();
    expect(decodeJwt(data.session?.access_token ?? '')).toMatchObject({ aal: 'aal2' });
    const token = data.session?.access_token ?? '';
    expect((await auth.send('POST', '/factors/recovery-codes', { token })).status).toBe(200);
    expect((await client.auth.mfa.unenroll({ factorId: begun?.id ?? '' })).error).toMatchObject({
      code: 'mfa_recovery_codes_sole_factor',
    });
  });

  it('is refused too late, from another place and without what it signed', async () => {
    const { client } = await signUp();
    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'webauthn', friendlyName: 'blue' });
    const factorId = factor?.id ?? '';
    const old = await show(client.auth.mfa, factorId, makeAuthenticator('localhost', ORIGIN), async () => {
      await auth.pool.query(`update auth.mfa_challenges set created_at = now() - interval '6 minutes'`);
    });
    expect(old.answer.error).toMatchObject({ status: 422, code: 'mfa_challenge_expired' });
    const elsewhere = await show(
      client.auth.mfa,
      factorId,
      makeAuthenticator('localhost', 'https://evil.example'),
    );
    expect(elsewhere.answer.error).toMatchObject({ status: 422, code: 'mfa_verification_failed' });
    const token = (await client.auth.getSession()).data.session?.access_token ?? '';
    const body = { challenge_id: NOBODY, code: '123456' };
    expect(await auth.send('POST', `/factors/${factorId}/verify`, { token, body })).toMatchObject({
      status: 400,
      body: { msg: 'WebAuthn config required' },
    });
  });
});
