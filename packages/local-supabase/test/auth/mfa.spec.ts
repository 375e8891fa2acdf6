import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SupabaseClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import { startAuth, type Harness } from './harness.ts';

let auth: Harness;
let counter = 0;
const newEmail = (): string => `mfa${(counter += 1)}@example.com`;
const PASSWORD = 'correct horse';
const NOBODY = '83fd9e20-7a80-46e4-bf29-a86e3d6bbf66';

beforeAll(async () => {
  auth = await startAuth(`
    [auth]
    enable_anonymous_sign_ins = true
    [auth.mfa]
    max_enrolled_factors = 3
    [auth.mfa.totp]
    enroll_enabled = true
    verify_enabled = true
    [auth.mfa.recovery_codes]
    enroll_enabled = true
    verify_enabled = true
    count = 4
    max_verify_attempts = 3`);
}, 60_000);
afterAll(() => auth.close());

const codeOf = (secret: string, offset = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + offset });

async function signUp() {
  const email = newEmail();
  const client = auth.client({ experimental: { recoveryCodes: true } });
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error !== null || data.session === null) throw error ?? new Error('no session');
  return { client, email, session: data.session };
}

async function enroll(client: SupabaseClient, friendlyName?: string) {
  const { data, error } = await client.auth.mfa.enroll({
    factorType: 'totp',
    ...(friendlyName !== undefined && { friendlyName }),
  });
  if (error !== null) throw error;
  return data;
}

async function withFactor() {
  const user = await signUp();
  const factor = await enroll(user.client, 'phone app');
  const verified = await user.client.auth.mfa.challengeAndVerify({
    factorId: factor.id,
    code: codeOf(factor.totp.secret),
  });
  if (verified.error !== null) throw verified.error;
  return { ...user, factor, verified: verified.data };
}

describe('an authenticator app', () => {
  it('is enrolled by secret, address and QR code', async () => {
    const { client, email } = await signUp();
    const { data, error } = await client.auth.mfa.enroll({ factorType: 'totp', issuer: 'Shop' });
    expect(error).toBeNull();
    expect(data?.totp.uri).toContain(`otpauth://totp/Shop:${encodeURIComponent(email)}?issuer=Shop&secret=`);
    expect(data?.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<svg/);
    const { data: listed } = await client.auth.mfa.listFactors();
    expect(listed?.all).toMatchObject([{ id: data?.id, status: 'unverified', factor_type: 'totp' }]);
    expect(listed?.totp).toEqual([]);
  });

  it('raises the session to aal2 and ends the others', async () => {
    const { client, email, session } = await signUp();
    const other = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    const factor = await enroll(client);
    const leftOver = await enroll(client, 'never finished');
    const { data: challenge } = await client.auth.mfa.challenge({ factorId: factor.id });
    expect(challenge).toMatchObject({ type: 'totp', expires_at: expect.any(Number) });
    const { data, error } = await client.auth.mfa.verify({
      factorId: factor.id,
      challengeId: challenge?.id ?? '',
      code: codeOf(factor.totp.secret),
    });
    expect(error).toBeNull();
    expect(decodeJwt(data?.access_token ?? '')).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'totp' }, { method: 'password' }],
      session_id: decodeJwt(session.access_token).session_id,
    });
    expect(data?.user.factors).toMatchObject([{ id: factor.id, status: 'verified' }]);
    expect(JSON.stringify(data?.user)).not.toContain(factor.totp.secret);
    expect(JSON.stringify(data?.user)).not.toContain(leftOver.id);
    const ended = await auth.send('GET', '/user', { token: other.data.session?.access_token ?? '' });
    expect(ended.body.error_code).toBe('session_not_found');
    const level = await client.auth.mfa.getAuthenticatorAssuranceLevel();
    expect(level.data).toMatchObject({ currentLevel: 'aal2', nextLevel: 'aal2' });
    const refreshed = await client.auth.refreshSession();
    expect(decodeJwt(refreshed.data.session?.access_token ?? '').aal).toBe('aal2');
  });

  it('asks a new session for the second factor', async () => {
    const { email, factor } = await withFactor();
    const client = auth.client();
    await client.auth.signInWithPassword({ email, password: PASSWORD });
    const level = await client.auth.mfa.getAuthenticatorAssuranceLevel();
    expect(level.data).toMatchObject({ currentLevel: 'aal1', nextLevel: 'aal2' });
    const changed = await client.auth.updateUser({ password: 'another horse' });
    expect(changed.error).toMatchObject({ status: 401, code: 'insufficient_aal' });
    const another = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'b' });
    expect(another.error).toMatchObject({ status: 403, code: 'insufficient_aal' });
    const removed = await client.auth.mfa.unenroll({ factorId: factor.id });
    expect(removed.error).toMatchObject({ status: 422, code: 'insufficient_aal' });
    const raised = await client.auth.mfa.challengeAndVerify({
      factorId: factor.id,
      code: codeOf(factor.totp.secret),
    });
    expect(raised.error).toBeNull();
    expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull();
  });

  it('is removed, and its sessions fall back to aal1', async () => {
    const { client, factor } = await withFactor();
    expect((await client.auth.mfa.unenroll({ factorId: factor.id })).data).toEqual({ id: factor.id });
    const { data } = await client.auth.refreshSession();
    expect(decodeJwt(data.session?.access_token ?? '')).toMatchObject({
      aal: 'aal1',
      amr: [{ method: 'password' }],
    });
    expect(data.user).not.toHaveProperty('factors');
  });
});

describe('refusals', () => {
  it('a wrong code, an old one, and one used with the challenge before', async () => {
    const { client } = await signUp();
    const factor = await enroll(client);
    const { data: challenge } = await client.auth.mfa.challenge({ factorId: factor.id });
    const verify = (code: string) =>
      client.auth.mfa.verify({ factorId: factor.id, challengeId: challenge?.id ?? '', code });
    for (const code of ['000000', codeOf(factor.totp.secret, -5 * 60_000), 'abcdef', '1']) {
      expect((await verify(code)).error).toMatchObject({
        status: 422,
        code: 'mfa_verification_failed',
        message: 'Invalid TOTP code entered',
      });
    }
    expect((await verify(codeOf(factor.totp.secret))).error).toBeNull();
    expect((await verify(codeOf(factor.totp.secret))).error).toMatchObject({
      status: 422,
      code: 'mfa_ip_address_mismatch',
    });
  });

  it('too many codes for one factor, right or wrong', async () => {
    const { client } = await signUp();
    const factor = await enroll(client);
    const { data: challenge } = await client.auth.mfa.challenge({ factorId: factor.id });
    const verify = (code: string) =>
      client.auth.mfa.verify({ factorId: factor.id, challengeId: challenge?.id ?? '', code });
    for (let guess = 0; guess < 15; guess += 1) expect((await verify('000000')).error?.status).toBe(422);
    expect((await verify(codeOf(factor.totp.secret))).error).toMatchObject({
      status: 429,
      code: 'over_request_rate_limit',
    });
  });

  it('a challenge of another user or factor, an expired one, and no code', async () => {
    const one = await withFactor();
    const two = await withFactor();
    const stolen = await two.client.auth.mfa.challenge({ factorId: one.factor.id });
    expect(stolen.error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' });
    const { data: challenge } = await one.client.auth.mfa.challenge({ factorId: one.factor.id });
    const code = codeOf(two.factor.totp.secret);
    const other = await two.client.auth.mfa.verify({
      factorId: two.factor.id,
      challengeId: challenge?.id ?? '',
      code,
    });
    expect(other.error).toMatchObject({ status: 422, code: 'mfa_factor_not_found' });
    await auth.pool.query(`update auth.mfa_challenges set created_at = now() - interval '6 minutes'`);
    const late = await one.client.auth.mfa.verify({
      factorId: one.factor.id,
      challengeId: challenge?.id ?? '',
      code: codeOf(one.factor.totp.secret),
    });
    expect(late.error).toMatchObject({ status: 422, code: 'mfa_challenge_expired' });
    const token = one.verified.access_token;
    const empty = await auth.send('POST', `/factors/${one.factor.id}/verify`, {
      token,
      body: { challenge_id: challenge?.id },
    });
    expect(empty).toMatchObject({ status: 400, body: { msg: 'Code needs to be non-empty' } });
    const noId = await auth.send('POST', '/factors/me/challenge', { token, body: {} });
    expect(noId).toMatchObject({ status: 404, body: { error_code: 'validation_failed' } });
    const nobody = await auth.send('DELETE', `/factors/${NOBODY}`, { token });
    expect(nobody.status).toBe(404);
  });

  it('too many factors, a name taken, an unknown type, and anonymous users', async () => {
    const { client, session } = await signUp();
    await enroll(client, 'a');
    const again = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'a' });
    expect(again.error).toMatchObject({ status: 422, code: 'mfa_factor_name_conflict' });
    await enroll(client, 'b');
    await enroll(client, 'c');
    const fourth = await client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'd' });
    expect(fourth.error).toMatchObject({ status: 422, code: 'too_many_enrolled_mfa_factors' });
    const token = session.access_token;
    const unknown = await auth.send('POST', '/factors', { token, body: { factor_type: 'x' } });
    expect(unknown).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    const phone = await auth.send('POST', '/factors', { token, body: { factor_type: 'phone' } });
    expect(phone).toMatchObject({ status: 422, body: { error_code: 'mfa_phone_enroll_not_enabled' } });
    const anonymous = auth.client();
    await anonymous.auth.signInAnonymously();
    const refused = await anonymous.auth.mfa.enroll({ factorType: 'totp' });
    expect(refused.error).toMatchObject({ status: 403, code: 'no_authorization' });
    for (const issuer of ['\ud800', 'x'.repeat(5000)]) {
      const body = { factor_type: 'totp', friendly_name: 'd', issuer };
      expect(await auth.send('POST', '/factors', { token, body })).toMatchObject({
        status: 400,
        body: { error_code: 'validation_failed' },
      });
    }
  });
});

describe('recovery codes', () => {
  const withCodes = async () => {
    const user = await withFactor();
    const { data, error } = await user.client.auth.mfa.recoveryCodes.generate();
    if (error !== null) throw error;
    return { ...user, codes: data };
  };
  const signIn = async (email: string) => {
    const client = auth.client({ experimental: { recoveryCodes: true } });
    await client.auth.signInWithPassword({ email, password: PASSWORD });
    return { client, recovery: client.auth.mfa.recoveryCodes };
  };

  it('are told once, kept as hashes, and raise a session once each, however they are typed', async () => {
    const { client: first, email, codes } = await withCodes();
    expect(codes).toEqual({
      id: expect.any(String),
      type: 'recovery_code',
      friendly_name: 'Recovery codes',
      total: 4,
      codes: Array(4).fill(expect.stringMatching(/^[a-z2-7]{16}$/)),
    });
    const { rows } = await auth.pool.query<{ code_hash: string }>(
      `select c.code_hash from auth.mfa_recovery_codes c join auth.mfa_recovery_code_sets s
         on s.id = c.mfa_recovery_code_set_id where s.mfa_factor_id = $1`,
      [codes.id],
    );
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(row.code_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=1,p=1\$/);
    const { client, recovery } = await signIn(email);
    const code = codes.codes[0] ?? '';
    const typed = ` ${code.slice(0, 8).toUpperCase()}-${code.slice(8)}`;
    // The same code twice at once counts once.
    const both = await Promise.all([recovery.verify({ code: typed }), recovery.verify({ code })]);
    expect(both.map(({ error }) => error?.code ?? 'fine').sort()).toEqual([
      'fine',
      'mfa_verification_failed',
    ]);
    const raised = both.find(({ error }) => error === null)?.data;
    expect(decodeJwt(raised?.access_token ?? '')).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/recovery_code' }, { method: 'password' }],
    });
    expect((await first.auth.mfa.recoveryCodes.getStatus()).data).toEqual({
      id: codes.id,
      type: 'recovery_code',
      total: 4,
      remaining: 3,
    });
    expect((await client.auth.mfa.listFactors()).data?.recovery_code).toMatchObject([{ id: codes.id }]);
  });

  it('are locked by wrong ones for a while, and free again by new ones', async () => {
    const { client, email, codes } = await withCodes();
    const { recovery } = await signIn(email);
    const right = { code: codes.codes[1] ?? '' };
    // All at once: what counts is how many were wrong, not who looked first whether it is locked.
    const guesses = await Promise.all(Array.from({ length: 5 }, () => recovery.verify({ code: 'wrong' })));
    expect(guesses.map(({ error }) => `${error?.status} ${error?.code}`).sort()).toEqual([
      ...Array<string>(3).fill('422 mfa_verification_failed'),
      ...Array<string>(2).fill('429 mfa_recovery_codes_locked'),
    ]);
    expect((await recovery.verify(right)).error).toMatchObject({
      status: 429,
      code: 'mfa_recovery_codes_locked',
    });
    await auth.pool.query('update auth.mfa_recovery_code_sets set verification_locked_until = now()');
    expect((await recovery.verify({ code: 'wrong' })).error).toMatchObject({ status: 422 });
    const renewed = await client.auth.mfa.recoveryCodes.regenerate();
    expect(renewed.data).toMatchObject({ id: codes.id, friendly_name: 'Recovery codes', total: 4 });
    expect((await recovery.verify(right)).error).toMatchObject({ code: 'mfa_verification_failed' });
    expect((await recovery.verify({ code: renewed.data?.codes[0] ?? '' })).error).toBeNull();
    const empty = await recovery.verify({ code: ' - ' });
    expect(empty.error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  it('need another factor, and cannot be used as an ordinary one', async () => {
    const { client, factor, verified, codes } = await withCodes();
    const last = await client.auth.mfa.unenroll({ factorId: factor.id });
    expect(last.error).toMatchObject({ status: 422, code: 'mfa_recovery_codes_sole_factor' });
    const second = await client.auth.mfa.recoveryCodes.generate({ friendlyName: 'more' });
    expect(second.error).toMatchObject({ status: 422, code: 'mfa_verified_factor_exists' });
    const token = verified.access_token;
    const challenge = await auth.send('POST', `/factors/${codes.id}/challenge`, { token, body: {} });
    expect(challenge).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    const removed = await auth.send('DELETE', `/factors/${codes.id}`, { token });
    expect(removed).toMatchObject({ status: 422, body: { error_code: 'validation_failed' } });
    expect((await client.auth.mfa.recoveryCodes.unenroll()).data).toEqual({ id: codes.id });
    expect((await client.auth.mfa.recoveryCodes.getStatus()).error).toMatchObject({
      status: 404,
      code: 'mfa_factor_not_found',
    });
    expect((await client.auth.mfa.unenroll({ factorId: factor.id })).error).toBeNull();
    await client.auth.refreshSession();
    const lower = await client.auth.mfa.recoveryCodes.generate();
    expect(lower.error).toMatchObject({ status: 403, code: 'insufficient_aal' });
  });
});

describe('the admin API', () => {
  it('lists, renames and deletes factors', async () => {
    const { session, factor } = await withFactor();
    const admin = auth.admin().auth.admin;
    const listed = await admin.mfa.listFactors({ userId: session.user.id });
    expect(listed.data?.factors).toMatchObject([{ id: factor.id, friendly_name: 'phone app' }]);
    const path = `/admin/users/${session.user.id}/factors/${factor.id}`;
    const token = auth.keys.serviceRoleKey;
    const renamed = await auth.send('PUT', path, { token, body: { friendly_name: 'tablet' } });
    expect(renamed.body).toMatchObject({ id: factor.id, friendly_name: 'tablet' });
    const deleted = await admin.mfa.deleteFactor({ userId: session.user.id, id: factor.id });
    expect(deleted.error).toBeNull();
    expect((await auth.send('DELETE', path, { token })).status).toBe(404);
    expect((await admin.mfa.listFactors({ userId: session.user.id })).data?.factors).toEqual([]);
  });
});
