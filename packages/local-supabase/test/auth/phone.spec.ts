import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { Harness } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

let auth: Harness;
let variants: Variants;
const PASSWORD = 'correct horse';
const PHONE = '4915112345678';
const OTHER = '4915187654321';
const CODES = `[auth.sms.test_otp]\n${PHONE} = "123456"\n${OTHER} = "654321"`;
const CONFIRMING = `[auth.sms]\nenable_signup = true\nenable_confirmations = true\nmax_frequency = "0s"\n${CODES}`;
const CONFIRMED = `[auth.sms]\nenable_signup = true\n${CODES}`;

beforeAll(async () => {
  variants = await startVariants();
});
afterEach(() => auth.close());

/** What the audit log says besides of each such action. */
async function traits(action: string): Promise<unknown[]> {
  const { rows } = await auth.pool.query<{ traits: unknown }>(
    `select payload -> 'traits' as traits from auth.audit_log_entries where payload ->> 'action' = $1`,
    [action],
  );
  return rows.map((row) => row.traits);
}

afterAll(() => variants.close());

describe('phone and password', () => {
  it('sign up and in at once where numbers need no confirmation', async () => {
    auth = await variants.start(CONFIRMED);
    const { data, error } = await auth
      .client()
      .auth.signUp({ phone: `+${PHONE}`, password: PASSWORD, options: { data: { a: 1 } } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      phone: PHONE,
      email: '',
      phone_confirmed_at: expect.any(String),
      app_metadata: { provider: 'phone', providers: ['phone'] },
      user_metadata: { a: 1, phone: PHONE },
      identities: [{ provider: 'phone' }],
    });
    expect(decodeJwt(data.session?.access_token ?? '')).toMatchObject({ phone: PHONE, email: '' });
    const signedIn = await auth.client().auth.signInWithPassword({ phone: PHONE, password: PASSWORD });
    expect(signedIn.data.user?.id).toBe(data.user?.id);
    const wrong = await auth.client().auth.signInWithPassword({ phone: PHONE, password: 'wrong' });
    expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials' });
    const nobody = await auth.client().auth.signInWithPassword({ phone: 'call me', password: PASSWORD });
    expect(nobody.error).toMatchObject({ status: 400, code: 'invalid_credentials' });
    const again = await auth.client().auth.signUp({ phone: PHONE, password: PASSWORD });
    expect(again.error).toMatchObject({ status: 422, code: 'user_already_exists' });
  });

  it('wait for the code where numbers must be confirmed', async () => {
    auth = await variants.start(CONFIRMING);
    const { data } = await auth.client().auth.signUp({ phone: PHONE, password: PASSWORD });
    expect(data.session).toBeNull();
    const early = await auth.client().auth.signInWithPassword({ phone: PHONE, password: PASSWORD });
    expect(early.error).toMatchObject({ status: 400, code: 'phone_not_confirmed' });
    const wrong = await auth.client().auth.verifyOtp({ phone: PHONE, token: '000000', type: 'sms' });
    expect(wrong.error).toMatchObject({ status: 403, code: 'otp_expired' });
    for (const type of ['signup', 'nonsense']) {
      const other = { phone: PHONE, token: '123456', type };
      expect(await auth.send('POST', '/verify', { body: other })).toMatchObject({
        status: 403,
        body: { error_code: 'otp_expired' },
      });
    }
    // A code of the configuration is not used up.
    for (let times = 0; times < 2; times += 1) {
      const right = await auth.client().auth.verifyOtp({ phone: PHONE, token: '123456', type: 'sms' });
      expect(right.error).toBeNull();
    }
    const hidden = await auth.client().auth.signUp({ phone: PHONE, password: PASSWORD });
    expect(hidden.data.user).toMatchObject({ phone: PHONE, identities: [] });
    expect(hidden.data.user?.id).not.toBe(data.user?.id);
  });

  it('are refused where the project has none, and for what is no number', async () => {
    auth = await variants.start('[auth.sms]\nenable_signup = true');
    const off = await auth.client().auth.signUp({ phone: PHONE, password: PASSWORD });
    expect(off.error).toMatchObject({ status: 400, code: 'phone_provider_disabled' });
    const otp = { phone: PHONE, create_user: false };
    expect((await auth.send('POST', '/otp', { body: otp })).body).toMatchObject({
      error_code: 'otp_disabled',
    });
    // A number can be added all the same; where none needs a confirmation, it counts at once.
    const client = auth.client();
    await client.auth.signUp({ email: 'a@example.com', password: PASSWORD });
    const { data } = await client.auth.updateUser({ phone: `+${PHONE}` });
    expect(data.user).toMatchObject({ phone: PHONE, phone_confirmed_at: expect.any(String) });
    const next = auth.client();
    await next.auth.signUp({ email: 'b@example.com', password: PASSWORD });
    expect((await next.auth.updateUser({ phone: PHONE })).error).toMatchObject({
      status: 422,
      code: 'phone_exists',
      message: 'A user with this phone number has already been registered',
    });
    await auth.close();
    auth = await variants.start(CONFIRMED);
    const bad = await auth.client().auth.signUp({ phone: 'call me', password: PASSWORD });
    expect(bad.error).toMatchObject({ status: 400, message: 'Invalid phone number format (E.164 required)' });
    const channel = await auth
      .client()
      .auth.signUp({ phone: PHONE, password: PASSWORD, options: { channel: 'whatsapp' } });
    expect(channel.error).toMatchObject({ status: 400, code: 'validation_failed' });
  });
});

describe('codes to phones', () => {
  it('sign in and sign up', async () => {
    auth = await variants.start(CONFIRMED);
    const client = auth.client();
    const none = await client.auth.signInWithOtp({ phone: PHONE, options: { shouldCreateUser: false } });
    expect(none.error).toMatchObject({ status: 422, code: 'otp_disabled' });
    const sent = await client.auth.signInWithOtp({ phone: PHONE });
    expect(sent).toMatchObject({ error: null, data: { messageId: 'test-otp' } });
    const { data } = await client.auth.verifyOtp({ phone: PHONE, token: '123456', type: 'sms' });
    expect(data.user?.phone).toBe(PHONE);
    const soon = await auth.send('POST', '/otp', { body: { phone: PHONE } });
    expect(soon).toMatchObject({ status: 429, body: { error_code: 'over_sms_send_rate_limit' } });
  });

  it('reach no number that is not in the configuration, and leave no user behind', async () => {
    auth = await variants.start(CONFIRMING);
    const answer = await auth.send('POST', '/otp', { body: { phone: '4915100000000' } });
    expect(answer).toMatchObject({ status: 422, body: { error_code: 'sms_send_failed' } });
    expect((await auth.pool.query('select 1 from auth.users')).rowCount).toBe(0);
  });

  it('change a number', async () => {
    auth = await variants.start(CONFIRMING);
    const client = auth.client();
    await client.auth.signUp({ phone: PHONE, password: PASSWORD });
    await client.auth.verifyOtp({ phone: PHONE, token: '123456', type: 'sms' });
    const asked = await client.auth.updateUser({ phone: OTHER });
    expect(asked.data.user).toMatchObject({ phone: PHONE, new_phone: OTHER });
    expect((await client.auth.resend({ phone: PHONE, type: 'phone_change' })).error).toBeNull();
    const nothing = await auth.send('POST', '/resend', { body: { phone: PHONE, type: 'email_change' } });
    expect(nothing).toMatchObject({ status: 200, body: {} });
    const { data } = await client.auth.verifyOtp({ phone: OTHER, token: '654321', type: 'phone_change' });
    expect(data.user).toMatchObject({ phone: OTHER });
    expect(data.user).not.toHaveProperty('new_phone');
    const session = (await client.auth.getSession()).data.session;
    const token = session?.access_token ?? '';
    const proof = await auth.send('GET', '/reauthenticate', { token });
    expect(proof).toMatchObject({ status: 200, body: { message_id: 'test-otp' } });
    const channel = { phone: PHONE, channel: 'pigeon' };
    expect(await auth.send('PUT', '/user', { token, body: channel })).toMatchObject({
      status: 400,
      body: { msg: expect.stringContaining('Invalid channel') },
    });
    expect(await traits('user_signedup')).toEqual([{ provider: 'phone' }]);
    expect(await traits('user_recovery_requested')).toEqual([]);
  });
});

describe('a phone as the second factor', () => {
  it('raises the session by its code', async () => {
    auth = await variants.start(
      `[auth.mfa.phone]\nenroll_enabled = true\nverify_enabled = true\nmax_frequency = "0s"\n${CODES}`,
    );
    const client = auth.client();
    await client.auth.signUp({ email: 'somebody@example.com', password: PASSWORD });
    const none = await client.auth.mfa.enroll({ factorType: 'phone', phone: '' });
    expect(none.error?.status).toBe(400);
    const first = await client.auth.mfa.enroll({ factorType: 'phone', phone: `+${PHONE}` });
    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'phone', phone: `+${PHONE}` });
    expect(factor).toMatchObject({ type: 'phone', phone: `+${PHONE}` });
    expect(factor?.id).not.toBe(first.data?.id);
    const factorId = factor?.id ?? '';
    const other = await client.auth.mfa.challenge({ factorId, channel: 'pigeon' as 'sms' });
    expect(other.error).toMatchObject({ status: 400, code: 'validation_failed' });
    const { data: challenge } = await client.auth.mfa.challenge({ factorId });
    expect(challenge?.type).toBe('phone');
    const verify = (code: string) =>
      client.auth.mfa.verify({ factorId, challengeId: challenge?.id ?? '', code });
    expect((await verify('000000')).error).toMatchObject({
      status: 422,
      code: 'mfa_verification_failed',
      message: 'Invalid MFA Phone code entered',
    });
    const { data, error } = await verify('123456');
    expect(error).toBeNull();
    expect(decodeJwt(data?.access_token ?? '')).toMatchObject({
      aal: 'aal2',
      amr: [{ method: 'mfa/phone' }, { method: 'password' }],
    });
    const again = await client.auth.mfa.enroll({ factorType: 'phone', phone: PHONE });
    expect(again.error).toMatchObject({ status: 422, code: 'mfa_verified_factor_exists' });
    const unknown = await client.auth.mfa.enroll({
      factorType: 'phone',
      phone: '4915100000000',
      friendlyName: 'b',
    });
    const unreachable = await client.auth.mfa.challenge({ factorId: unknown.data?.id ?? '' });
    expect(unreachable.error).toMatchObject({ status: 422, code: 'sms_send_failed' });
    const { data: me } = await client.auth.getUser();
    const change = (body: object) =>
      auth.send('PUT', `/admin/users/${me.user?.id}/factors/${unknown.data?.id}`, {
        token: auth.keys.serviceRoleKey,
        body,
      });
    const changed = { phone: '+49 15100000001', friendly_name: 'c' };
    expect((await change(changed)).body).toMatchObject({ phone: '4915100000001', friendly_name: 'c' });
    expect(await change({ phone: PHONE })).toMatchObject({
      status: 422,
      body: { error_code: 'mfa_verified_factor_exists' },
    });
    expect(await change({ phone: 'call me' })).toMatchObject({
      status: 400,
      body: { msg: 'Invalid phone number format (E.164 required)' },
    });
  });
});
