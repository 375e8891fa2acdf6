import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { FakeCaptchaProvider } from './captcha-provider.ts';
import type { Harness } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

let auth: Harness;
let variants: Variants;
const PASSWORD = 'correct horse';
const EMAIL = 'somebody@example.com';

beforeAll(async () => {
  variants = await startVariants();
}, 60_000);
afterEach(() => auth.close());
afterAll(() => variants.close());

async function signUp(email = EMAIL) {
  const client = auth.client();
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error !== null) throw error;
  return { client, session: data.session };
}

describe('[auth] enable_signup = false', () => {
  it('refuses every kind of sign-up', async () => {
    auth = await variants.start('[auth]\nenable_signup = false\nenable_anonymous_sign_ins = true');
    for (const body of [{ email: EMAIL, password: PASSWORD }, {}]) {
      const answer = await auth.send('POST', '/signup', { body });
      expect(answer).toMatchObject({
        status: 422,
        body: { error_code: 'signup_disabled', msg: 'Signups not allowed for this instance' },
      });
    }
    const otp = await auth.send('POST', '/otp', { body: { email: EMAIL } });
    expect(otp).toMatchObject({ status: 422, body: { error_code: 'signup_disabled' } });
    expect((await auth.send('GET', '/settings')).body).toMatchObject({ disable_signup: true });
  });
});

describe('[auth.email] enable_signup = false', () => {
  it('refuses e-mail in every route', async () => {
    auth = await variants.start('[auth.email]\nenable_signup = false');
    const body = { email: EMAIL, password: PASSWORD };
    const answers = await Promise.all(
      ['/signup', '/token?grant_type=password', '/recover', '/otp'].map((path) =>
        auth.send('POST', path, { body }),
      ),
    );
    expect(answers.map(({ status, body: { error_code } }) => [status, error_code])).toEqual([
      [400, 'email_provider_disabled'],
      [422, 'email_provider_disabled'],
      [400, 'email_provider_disabled'],
      [422, 'email_provider_disabled'],
    ]);
  });
});

describe('anonymous sign-ins', () => {
  it('are refused unless enabled', async () => {
    auth = await variants.start();
    const { error } = await auth.client().auth.signInAnonymously();
    expect(error).toMatchObject({
      status: 422,
      code: 'anonymous_provider_disabled',
      message: 'Anonymous sign-ins are disabled',
    });
  });

  it('become permanent by a confirmed address', async () => {
    auth = await variants.start(
      '[auth]\nenable_anonymous_sign_ins = true\n[auth.email]\nenable_confirmations = true',
    );
    const client = auth.client();
    const { data } = await client.auth.signInAnonymously();
    const updated = await client.auth.updateUser({ email: EMAIL });
    expect(updated.data.user).toMatchObject({ is_anonymous: true, email: '', new_email: EMAIL });
    const token = (await auth.mails.last(EMAIL)).code;
    const verified = await client.auth.verifyOtp({ email: EMAIL, token, type: 'email_change' });
    expect(verified.data.user).toMatchObject({ id: data.user?.id, is_anonymous: false, email: EMAIL });
    expect(verified.data.user?.app_metadata).toEqual({ provider: 'email', providers: ['email'] });
  });
});

describe('password requirements', () => {
  it('are named in the refusal', async () => {
    auth = await variants.start(
      '[auth]\nminimum_password_length = 10\npassword_requirements = "lower_upper_letters_digits"',
    );
    const { error } = await auth.client().auth.signUp({ email: EMAIL, password: 'short' });
    expect(error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length', 'characters'] });
    expect(error?.message).toContain('Password should be at least 10 characters.');
    const strong = await auth.client().auth.signUp({ email: EMAIL, password: 'Longenough1' });
    expect(strong.error).toBeNull();
  });

  it('that nobody knows stop the start', async () => {
    auth = await variants.start();
    await expect(variants.start('[auth]\npassword_requirements = "hard"')).rejects.toThrow(
      /password_requirements/,
    );
    await expect(variants.start('[auth]\njwt_expiry = "long"')).rejects.toThrow(/jwt_expiry/);
  });
});

describe('password changes', () => {
  it('need a code from an old session when secure_password_change is on', async () => {
    auth = await variants.start('[auth.email]\nsecure_password_change = true');
    const { client, session } = await signUp();
    await auth.pool.query(`update auth.sessions set created_at = now() - interval '25 hours'`);
    const without = await client.auth.updateUser({ password: 'another horse' });
    expect(without.error).toMatchObject({ status: 400, code: 'reauthentication_needed' });
    const wrong = await client.auth.updateUser({ password: 'another horse', nonce: '000000' });
    expect(wrong.error).toMatchObject({ status: 422, code: 'reauthentication_not_valid' });
    expect((await client.auth.reauthenticate()).error).toBeNull();
    const mail = await auth.mails.last(EMAIL);
    expect(mail.subject).toBe(`${mail.code} is your verification code`);
    const changed = await client.auth.updateUser({ password: 'another horse', nonce: mail.code });
    expect(changed.error).toBeNull();
    const again = await auth.send('PUT', '/user', {
      token: session?.access_token ?? '',
      body: { password: 'a third horse', nonce: mail.code },
    });
    expect(again).toMatchObject({ status: 422, body: { error_code: 'reauthentication_not_valid' } });
  });

  it('need the current password when asked for', async () => {
    auth = await variants.start('[auth.email]\nrequire_current_password = true');
    const { session } = await signUp();
    const token = session?.access_token ?? '';
    const change = (current_password?: string) =>
      auth.send('PUT', '/user', { token, body: { password: 'another horse', current_password } });
    expect(await change()).toMatchObject({ status: 400, body: { error_code: 'current_password_required' } });
    expect(await change('x')).toMatchObject({
      status: 400,
      body: { error_code: 'current_password_invalid' },
    });
    expect((await change(PASSWORD)).status).toBe(200);
    // Nobody is told of a change unless the project says so.
    expect(await auth.mails.count()).toBe(0);
  });
});

describe('rate limits', () => {
  it('space mails to one user by max_frequency', async () => {
    auth = await variants.start('[auth.email]\nmax_frequency = "1m"');
    await signUp();
    const recover = () => auth.send('POST', '/recover', { body: { email: EMAIL } });
    expect((await recover()).status).toBe(200);
    expect(await recover()).toMatchObject({
      status: 429,
      body: {
        code: 429,
        error_code: 'over_email_send_rate_limit',
        msg: expect.stringMatching(/^For security purposes, you can only request this after \d+ seconds\.$/),
      },
    });
    const { rows } = await auth.pool.query('select count(*)::int as count from auth.one_time_tokens');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('count mails where SMTP is set up', async () => {
    auth = await variants.start(
      '[auth.rate_limit]\nemail_sent = 1\n[auth.email]\nmax_frequency = "0s"\n[auth.email.smtp]\nenabled = true',
    );
    await signUp();
    const recover = () => auth.send('POST', '/recover', { body: { email: EMAIL } });
    expect((await recover()).status).toBe(200);
    expect(await recover()).toMatchObject({
      status: 429,
      body: { error_code: 'over_email_send_rate_limit', msg: 'email rate limit exceeded' },
    });
  });

  it('count each address that a server with the secret key forwards', async () => {
    auth = await variants.start('[auth.rate_limit]\nsign_in_sign_ups = 30');
    const attempt = (address: string, apikey = auth.keys.secretKey) =>
      auth.send('POST', '/signup', { body: {}, headers: { apikey, 'sb-forwarded-for': address } }).then(() =>
        auth.send('POST', '/signup', {
          body: { email: EMAIL, password: 'x' },
          headers: { apikey, 'sb-forwarded-for': address },
        }),
      );
    const statuses = [];
    for (let index = 0; index < 31; index += 1) statuses.push((await attempt('203.0.113.1')).status);
    expect(statuses.filter((status) => status === 422)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
    expect((await attempt('203.0.113.2')).status).toBe(422);
    expect((await attempt('203.0.113.1', auth.keys.anonKey)).status).toBe(422);
  });

  it('count direct clients where they are stricter than the default', async () => {
    auth = await variants.start('[auth.rate_limit]\ntoken_verifications = 2\ntoken_refresh = 2');
    const verify = () => auth.send('POST', '/verify', { body: { type: 'email', token_hash: 'x' } });
    expect([await verify(), await verify(), await verify()].map(({ status }) => status)).toEqual([
      403, 403, 429,
    ]);
    const refresh = () =>
      auth.send('POST', '/token?grant_type=refresh_token', { body: { refresh_token: 'x' } });
    const answers = [await refresh(), await refresh(), await refresh()];
    expect(answers.at(-1)).toMatchObject({
      status: 429,
      body: { error_code: 'over_request_rate_limit', msg: 'Request rate limit reached' },
    });
  });
});

describe('sessions', () => {
  it('end after their timebox and after inactivity', async () => {
    auth = await variants.start('[auth.sessions]\ntimebox = "24h"\ninactivity_timeout = "8h"');
    const { session } = await signUp();
    const refresh = () =>
      auth.send('POST', '/token?grant_type=refresh_token', {
        body: { refresh_token: session?.refresh_token },
      });
    await auth.pool.query(`update auth.sessions set created_at = now() - interval '9 hours'`);
    expect(await refresh()).toMatchObject({
      status: 400,
      body: { error_code: 'session_expired', msg: 'Invalid Refresh Token: Session Expired (Inactivity)' },
    });
    await auth.pool.query(
      `update auth.sessions set created_at = now() - interval '25 hours', refreshed_at = now() at time zone 'utc'`,
    );
    expect(await refresh()).toMatchObject({
      status: 400,
      body: { error_code: 'session_expired', msg: 'Invalid Refresh Token: Session Expired' },
    });
  });

  it('keep working without rotation of a token family', async () => {
    auth = await variants.start('[auth]\njwt_expiry = 60\nrefresh_token_reuse_interval = 0');
    const { session } = await signUp();
    expect(session?.expires_in).toBe(60);
  });
});

describe('mail templates', () => {
  it('are the project’s where it has some', async () => {
    auth = await variants.start(`
      [auth]
      site_url = "https://shop.example.com"
      [auth.email]
      enable_confirmations = true
      otp_length = 8
      [auth.email.template.confirmation]
      subject = "Welcome {{ .Data.name }} & co"
      content = "<p>{{ .Data.name }} at {{ .SiteURL }}: {{ .TokenHash }} {{ .Email }} code: {{ .Token }} {{ .Nothing }}</p>"`);
    await auth.client().auth.signUp({ email: EMAIL, password: PASSWORD, options: { data: { name: '<b>' } } });
    const mail = await auth.mails.last(EMAIL);
    expect(mail.subject).toBe('Welcome &lt;b&gt; & co');
    expect(mail.html).toMatch(
      /^<p>&lt;b&gt; at https:\/\/shop\.example\.com: [0-9a-f]{56} somebody@example\.com code: \d{8} <\/p>$/,
    );
  });
});

describe('[auth.email.notification]', () => {
  const LINKS = ['email_changed', 'phone_changed', 'identity_linked', 'identity_unlinked'];
  const KINDS = [...LINKS, 'mfa_factor_enrolled', 'mfa_factor_unenrolled'];
  const PHONES = ['4915112345678', '4915112345679'] as const;

  it('tells of every change, in the project’s words where it has some', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mail-template-'));
    const template = join(folder, 'password.html');
    await writeFile(template, '<p>{{ .Data.name }} of {{ .Email }} at {{ .SiteURL }}{{ .OldEmail }}</p>');
    auth = await variants.start(`
      [auth]
      enable_manual_linking = true
      site_url = "https://shop.example.com"
      [auth.email]
      double_confirm_changes = false
      [auth.sms]
      enable_signup = true
      enable_confirmations = true
      max_frequency = "0s"
      test_otp = { ${PHONES.map((phone) => `${phone} = "123456"`).join(', ')} }
      [auth.mfa.totp]
      enroll_enabled = true
      verify_enabled = true
      [auth.email.notification.password_changed]
      enabled = true
      subject = "Changed: {{ .Email }}"
      content_path = ${JSON.stringify(template)}
      ${KINDS.map((kind) => `[auth.email.notification.${kind}]\nenabled = true`).join('\n')}`);
    await rm(folder, { recursive: true });
    const client = auth.client();
    await client.auth.signUp({ email: EMAIL, password: PASSWORD, options: { data: { name: '<b>' } } });
    expect(await auth.mails.count()).toBe(0);

    await client.auth.updateUser({ password: 'another horse' });
    expect(await auth.mails.last(EMAIL)).toMatchObject({
      subject: `Changed: ${EMAIL}`,
      html: `<p>&lt;b&gt; of ${EMAIL} at https://shop.example.com</p>`,
    });

    for (const phone of PHONES) {
      await client.auth.updateUser({ phone });
      const verified = await client.auth.verifyOtp({ phone, token: '123456', type: 'phone_change' });
      expect(verified.error).toBeNull();
      const mail = await auth.mails.last(EMAIL);
      expect(mail.html).toMatch(
        phone === PHONES[0] ? /phone signs in/ : `number ${phone} now, no longer ${PHONES[0]}.`,
      );
    }
    expect(await auth.mails.count()).toBe(3);

    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'totp' });
    const code = new TOTP({ secret: Secret.fromBase32(factor?.totp.secret ?? '') }).generate();
    const factorId = factor?.id ?? '';
    expect(await auth.mails.count()).toBe(3);
    for (const count of [4, 4]) {
      expect((await client.auth.mfa.challengeAndVerify({ factorId, code })).error).toBeNull();
      expect((await auth.mails.last(EMAIL)).html).toContain('a second factor more: totp');
      expect(await auth.mails.count()).toBe(count);
    }
    await client.auth.mfa.unenroll({ factorId });
    expect((await auth.mails.last(EMAIL)).html).toContain('lost a second factor: totp');

    const { data } = await client.auth.getUserIdentities();
    const linked = data?.identities.find(({ provider }) => provider === 'phone');
    if (linked === undefined) throw new Error('No phone.');
    expect((await client.auth.unlinkIdentity(linked)).error).toBeNull();
    expect((await auth.mails.last(EMAIL)).html).toContain('phone no longer signs in');

    await client.auth.updateUser({ email: 'new@example.com' });
    const { code: token } = await auth.mails.last('new@example.com');
    expect(
      (await client.auth.verifyOtp({ email: 'new@example.com', token, type: 'email_change' })).error,
    ).toBeNull();
    expect((await auth.mails.last(EMAIL)).html).toContain(`new@example.com now, no longer ${EMAIL}`);
    expect([await auth.mails.count(EMAIL), await auth.mails.count('new@example.com')]).toEqual([7, 1]);
  });
});

describe('second factors', () => {
  it('are off unless enabled', async () => {
    auth = await variants.start();
    const { client } = await signUp();
    const { error } = await client.auth.mfa.enroll({ factorType: 'totp' });
    expect(error).toMatchObject({ status: 422, code: 'mfa_totp_enroll_not_enabled' });
  });
});

describe('[auth.captcha]', () => {
  const provider = new FakeCaptchaProvider();
  const start = async (): Promise<void> => {
    auth = await variants.start(`
      [auth]
      enable_anonymous_sign_ins = true
      [auth.captcha]
      enabled = true
      provider = "turnstile"
      secret = "the secret"
      verify_url = "${url}"`);
  };
  let url: string;
  beforeAll(async () => {
    url = await provider.start();
  });
  afterAll(() => provider.close());

  it('lets in who has solved one, administrators, and who only goes on', async () => {
    await start();
    const client = auth.client();
    const options = { captchaToken: ' solved ' };
    const { data, error } = await client.auth.signUp({ email: EMAIL, password: PASSWORD, options });
    expect(error).toBeNull();
    expect(provider.seen).toEqual([{ secret: 'the secret', response: 'solved', remoteip: '127.0.0.1' }]);
    const signedIn = await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD, options });
    expect(signedIn.data.user?.id).toBe(data.user?.id);
    const refreshed = await client.auth.refreshSession();
    expect(refreshed.error).toBeNull();
    const asAdmin = await auth.send('POST', '/token?grant_type=password', {
      body: { email: EMAIL, password: PASSWORD },
      token: auth.keys.serviceRoleKey,
    });
    expect(asAdmin.status).toBe(200);
    const code = await auth.send('POST', '/verify', { body: { type: 'signup', token: '1', email: EMAIL } });
    expect(code.body.error_code).toBe('otp_expired');
  });

  it('refuses everybody else', async () => {
    await start();
    for (const path of [
      '/signup',
      '/token?grant_type=password',
      '/recover',
      '/otp',
      '/magiclink',
      '/resend',
      '/sso',
      '/passkeys/authentication/options',
    ]) {
      const send = (captcha_token?: string) =>
        auth.send('POST', path, {
          body: { email: EMAIL, password: PASSWORD, gotrue_meta_security: { captcha_token } },
        });
      const refused = (reason: string) => ({
        status: 400,
        body: {
          error_code: 'captcha_failed',
          msg: `captcha protection: request disallowed (${reason})`,
        },
      });
      await expect(send()).resolves.toMatchObject(refused('no captcha_token found'));
      await expect(send('guessed')).resolves.toMatchObject(refused('invalid-input-response'));
    }
    const { rows } = await auth.pool.query('select from auth.users');
    expect(rows).toEqual([]);
  });
});
