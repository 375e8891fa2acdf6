import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { startAuth, type Harness } from './harness.ts';

let auth: Harness;
let counter = 0;
const newEmail = (): string => `confirm${(counter += 1)}@example.com`;
const PASSWORD = 'correct horse';
const SITE = 'http://127.0.0.1:3000';

beforeAll(async () => {
  auth = await startAuth(`
    [auth]
    additional_redirect_urls = ["https://*.example.com/welcome", "myapp://**"]
    [auth.email]
    enable_confirmations = true
    max_frequency = "0s"`);
}, 60_000);
afterAll(() => auth.close());

async function confirmed() {
  const email = newEmail();
  const client = auth.client();
  await client.auth.signUp({ email, password: PASSWORD });
  const { data, error } = await client.auth.verifyOtp({
    email,
    token: (await auth.mails.last(email)).code,
    type: 'signup',
  });
  if (error !== null || data.session === null) throw error ?? new Error('no session');
  return { client, email, session: data.session };
}

const fragmentOf = (location: string | null): URLSearchParams =>
  new URLSearchParams((location ?? '').split('#')[1] ?? '');

describe('sign-up with confirmation', () => {
  it('answers the user without a session, and sends link and code', async () => {
    const email = newEmail();
    const { data, error } = await auth.client().auth.signUp({ email, password: PASSWORD });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    expect(data.user).toMatchObject({ email, identities: [{ provider: 'email' }] });
    expect(data.user).not.toHaveProperty('email_confirmed_at');
    expect(data.user?.confirmation_sent_at).toBeDefined();
    const mail = await auth.mails.last(email);
    expect(mail.subject).toBe('Confirm your email address');
    expect(mail.link).toBe(`${auth.url}/auth/v1/verify?token=${mail.hash}&type=signup&redirect_to=${SITE}`);
    expect(mail.code).toMatch(/^\d{6}$/);
    const signIn = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(signIn.error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
  });

  it('does not tell that an address is taken', async () => {
    const { email, session } = await confirmed();
    const sent = await auth.mails.count(email);
    const { data, error } = await auth
      .client()
      .auth.signUp({ email, password: PASSWORD, options: { data: { a: 1 } } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, role: '', identities: [], user_metadata: { a: 1 } });
    expect(data.user?.id).not.toBe(session.user.id);
    expect(await auth.mails.count(email)).toBe(sent);
  });

  it('sends again to who has not confirmed, keeping his password', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const first = await auth.mails.last(email);
    await auth.client().auth.signUp({ email, password: 'of somebody else' });
    const second = await auth.mails.last(email);
    const old = await auth.client().auth.verifyOtp({ email, token: first.code, type: 'signup' });
    expect(old.error?.code).toBe('otp_expired');
    const { data } = await auth.client().auth.verifyOtp({ email, token: second.code, type: 'signup' });
    expect(data.user?.id).toBeDefined();
    const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(error).toBeNull();
  });
});

describe('POST /verify', () => {
  it('opens a session by address and code, once', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const { code } = await auth.mails.last(email);
    const attempts = await Promise.all(
      [1, 2, 3].map(() => auth.client().auth.verifyOtp({ email, token: code, type: 'signup' })),
    );
    expect(attempts.filter(({ error }) => error === null)).toHaveLength(1);
    const refused = attempts.find(({ error }) => error !== null);
    expect(refused?.error).toMatchObject({
      status: 403,
      code: 'otp_expired',
      message: 'Token has expired or is invalid',
    });
    const session = attempts.find(({ error }) => error === null)?.data.session;
    expect(decodeJwt(session?.access_token ?? '')).toMatchObject({ amr: [{ method: 'otp' }] });
    expect(session?.user.email_confirmed_at).toBeDefined();
    expect(session?.user.identities?.[0]?.identity_data).toMatchObject({ email_verified: true });
  });

  it('takes the hash alone, and `email` for either kind', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const { hash } = await auth.mails.last(email);
    const byHash = await auth.client().auth.verifyOtp({ token_hash: hash, type: 'email' });
    expect(byHash.data.user?.email).toBe(email);
    const again = await auth.client().auth.verifyOtp({ token_hash: hash, type: 'email' });
    expect(again.error).toMatchObject({
      code: 'otp_expired',
      message: 'Email link is invalid or has expired',
    });
  });

  it.each([
    [{}, 'Verify requires a verification type'],
    [{ type: 'signup' }, 'Verify requires either a token or a token hash'],
    [{ type: 'signup', token: '1', token_hash: '2' }, 'Verify requires either a token or a token hash'],
    [{ type: 'signup', token: '1' }, 'Only an email address or phone number should be provided on verify'],
    [{ type: 'signup', token_hash: '1', email: 'a@b.co' }, 'Only the token_hash and type should be provided'],
    [{ type: 'nothing', token_hash: '1' }, 'Invalid email verification type'],
  ])('refuses %j', async (body, msg) => {
    const answer = await auth.send('POST', '/verify', { body });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed', msg } });
  });

  it('refuses a code of another type, and an old one', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const { code } = await auth.mails.last(email);
    const other = await auth.client().auth.verifyOtp({ email, token: code, type: 'recovery' });
    expect(other.error?.code).toBe('otp_expired');
    await auth.pool.query(
      `update auth.users set confirmation_sent_at = now() - interval '2 hours' where email = $1`,
      [email],
    );
    const late = await auth.client().auth.verifyOtp({ email, token: code, type: 'signup' });
    expect(late.error?.code).toBe('otp_expired');
  });
});

describe('GET /verify', () => {
  it('leads to the site with the session in the fragment', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({
      email,
      password: PASSWORD,
      options: { emailRedirectTo: 'https://app.example.com/welcome' },
    });
    const { link } = await auth.mails.last(email);
    expect((await fetch(link, { method: 'HEAD', redirect: 'manual' })).status).toBe(405);
    const response = await fetch(link, { redirect: 'manual' });
    expect(response.status).toBe(303);
    const location = response.headers.get('location');
    expect(location).toMatch(/^https:\/\/app\.example\.com\/welcome#access_token=/);
    const fragment = fragmentOf(location);
    expect(Object.fromEntries(fragment)).toMatchObject({
      token_type: 'bearer',
      expires_in: '3600',
      type: 'signup',
      refresh_token: expect.any(String),
      expires_at: expect.any(String),
    });
    const { data } = await auth.client().auth.getUser(fragment.get('access_token') ?? '');
    expect(data.user?.email).toBe(email);
  });

  it('leads to the site with the reason when the link was used', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const { link } = await auth.mails.last(email);
    await fetch(link, { redirect: 'manual' });
    const response = await fetch(link, { redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(
      `${SITE}#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid+or+has+expired&sb=`,
    );
  });

  it.each([
    ['https://evil.com/', SITE],
    ['https://a.b.example.com/welcome', SITE],
    ['http://2130706433/', SITE],
    ['javascript:alert(1)', SITE],
    ['not a url', SITE],
    ['http://localhost.evil.com/', SITE],
    ['https://app.example.com/welcome', 'https://app.example.com/welcome'],
    ['myapp://deep/link', 'myapp://deep/link'],
    ['http://127.0.0.1:9999/anything?a=b&c=d', 'http://127.0.0.1:9999/anything?a=b&c=d'],
  ])('asked for %s leads to %s', async (asked, target) => {
    const path = `/verify?token=none&type=signup&redirect_to=${encodeURIComponent(asked)}`;
    const answer = await auth.send('GET', path);
    expect(answer.headers.get('location')?.split('#')[0]).toBe(target);
  });

  it('refuses a link without token or type', async () => {
    expect((await auth.send('GET', '/verify?type=signup')).status).toBe(400);
    expect((await auth.send('GET', '/verify?token=x')).status).toBe(400);
  });
});

describe('PKCE', () => {
  it('leads to a code, exchanged once and only with the verifier', async () => {
    const email = newEmail();
    const verifier = randomBytes(32).toString('base64url');
    const code_challenge = createHash('sha256').update(verifier).digest('base64url');
    await auth.send('POST', '/signup', {
      body: { email, password: PASSWORD, code_challenge, code_challenge_method: 's256' },
    });
    const mail = await auth.mails.last(email);
    expect(mail.hash).toMatch(/^pkce_/);
    const followed = await fetch(mail.link, { redirect: 'manual' });
    const location = new URL(followed.headers.get('location') ?? '');
    expect(location.hash).toBe('');
    const auth_code = location.searchParams.get('code');
    const exchange = (code_verifier: string) =>
      auth.send('POST', '/token?grant_type=pkce', { body: { auth_code, code_verifier } });
    expect(await exchange('wrong')).toMatchObject({ status: 400, body: { error_code: 'bad_code_verifier' } });
    const session = await exchange(verifier);
    expect(session.status).toBe(200);
    expect(decodeJwt(session.body.access_token as string).amr).toMatchObject([{ method: 'email/signup' }]);
    expect(await exchange(verifier)).toMatchObject({
      status: 404,
      body: { error_code: 'flow_state_not_found' },
    });
  });

  it('still takes the code of the mail, by its address', async () => {
    const { email } = await confirmed();
    const client = auth.client({ flowType: 'pkce' });
    await client.auth.signInWithOtp({ email });
    const { code, hash } = await auth.mails.last(email);
    expect(hash).toMatch(/^pkce_/);
    const { error } = await client.auth.verifyOtp({ email, token: code, type: 'email' });
    expect(error).toBeNull();
  });

  it('tells in query and fragment that a link was used', async () => {
    const answer = await auth.send('GET', '/verify?token=pkce_none&type=recovery');
    const location = new URL(answer.headers.get('location') ?? '');
    expect(location.searchParams.get('error_code')).toBe('otp_expired');
    expect(fragmentOf(location.href).get('error_code')).toBe('otp_expired');
  });

  it.each([
    { code_challenge: 'x'.repeat(43) },
    { code_challenge: 'short', code_challenge_method: 's256' },
    { code_challenge: '!'.repeat(43), code_challenge_method: 's256' },
    { code_challenge: 'x'.repeat(43), code_challenge_method: 'md5' },
  ])('refuses %j', async (challenge) => {
    const answer = await auth.send('POST', '/recover', { body: { email: 'a@b.co', ...challenge } });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
  });
});

describe('recovery', () => {
  it('lets a user in to set a new password', async () => {
    const { email } = await confirmed();
    const client = auth.client();
    expect((await client.auth.resetPasswordForEmail(email)).error).toBeNull();
    const mail = await auth.mails.last(email);
    expect(mail.subject).toBe('Reset your password');
    expect(mail.link).toContain('type=recovery');
    const { error } = await client.auth.verifyOtp({ email, token: mail.code, type: 'recovery' });
    expect(error).toBeNull();
    expect((await client.auth.updateUser({ password: 'a new horse' })).error).toBeNull();
    const signIn = await auth.client().auth.signInWithPassword({ email, password: 'a new horse' });
    expect(signIn.error).toBeNull();
  });

  it('answers the same for an unknown address, and sends nothing', async () => {
    const email = newEmail();
    const answer = await auth.send('POST', '/recover', { body: { email } });
    expect(answer).toMatchObject({ status: 200, body: {} });
    expect(await auth.mails.count(email)).toBe(0);
  });
});

describe('one-time passwords', () => {
  it('sign in a known user', async () => {
    const { email, session } = await confirmed();
    const client = auth.client();
    expect((await client.auth.signInWithOtp({ email })).error).toBeNull();
    const mail = await auth.mails.last(email);
    expect(mail.subject).toBe('Your sign-in link');
    const { data } = await client.auth.verifyOtp({ email, token: mail.code, type: 'email' });
    expect(data.user?.id).toBe(session.user.id);
  });

  it('sign up a new one, unless told not to', async () => {
    const email = newEmail();
    const not = await auth.client().auth.signInWithOtp({ email, options: { shouldCreateUser: false } });
    expect(not.error).toMatchObject({
      status: 422,
      code: 'otp_disabled',
      message: 'Signups not allowed for otp',
    });
    expect((await auth.client().auth.signInWithOtp({ email, options: { data: { a: 1 } } })).error).toBeNull();
    const { data } = await auth
      .client()
      .auth.verifyOtp({ email, token: (await auth.mails.last(email)).code, type: 'email' });
    expect(data.user).toMatchObject({ email, user_metadata: { a: 1 } });
  });

  it.each([
    [{}, 400, 'One of email or phone must be set'],
    [{ email: 'a@b.co', phone: '1234567' }, 400, 'Only an email address or phone number should be provided'],
    [{ email: 'a@b.co', channel: 'sms' }, 400, 'Channel should only be specified with Phone OTP'],
    [{ phone: '1234567' }, 400, 'Unsupported phone provider'],
    [{ email: 'nothing' }, 400, 'Unable to validate email address: invalid format'],
  ])('refuse %j', async (body, status, msg) => {
    expect(await auth.send('POST', '/otp', { body })).toMatchObject({ status, body: { msg } });
  });
});

describe('resend', () => {
  it('sends a confirmation again, and nothing to who is confirmed or unknown', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    expect((await auth.client().auth.resend({ email, type: 'signup' })).error).toBeNull();
    expect(await auth.mails.count(email)).toBe(2);
    const token = (await auth.mails.last(email)).code;
    expect((await auth.client().auth.verifyOtp({ email, token, type: 'signup' })).error).toBeNull();
    expect((await auth.client().auth.resend({ email, type: 'signup' })).error).toBeNull();
    expect((await auth.client().auth.resend({ email: newEmail(), type: 'signup' })).error).toBeNull();
    expect(await auth.mails.count(email)).toBe(2);
  });

  it('finishes at the client that asked for it, by PKCE', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const client = auth.client({ flowType: 'pkce' });
    const follow = async (address: string) => {
      const mail = await auth.mails.last(address);
      expect(mail.hash).toMatch(/^pkce_/);
      const { headers } = await fetch(mail.link, { redirect: 'manual' });
      const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
      return client.auth.exchangeCodeForSession(code);
    };
    expect((await client.auth.resend({ email, type: 'signup' })).error).toBeNull();
    const signedUp = await follow(email);
    expect(decodeJwt(signedUp.data.session?.access_token ?? '').amr).toMatchObject([
      { method: 'email/signup' },
    ]);
    const next = newEmail();
    await client.auth.updateUser({ email: next });
    expect((await client.auth.resend({ email, type: 'email_change' })).error).toBeNull();
    await fetch((await auth.mails.last(email)).link, { redirect: 'manual' });
    expect((await follow(next)).data.user?.email).toBe(next);
    const half = await auth.send('POST', '/resend', {
      body: { email, type: 'signup', code_challenge: 'x'.repeat(43) },
    });
    expect(half).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
  });

  it.each([
    [
      { email: 'a@b.co', type: 'recovery' },
      'Missing one of these types: signup, email_change, sms, phone_change',
    ],
    [{ type: 'signup' }, 'Type provided requires an email address'],
    [{ type: 'sms' }, 'Type provided requires a phone number'],
    [{ type: 'email_change' }, 'Missing email address or phone number'],
  ])('refuses %j', async (body, msg) => {
    expect(await auth.send('POST', '/resend', { body })).toMatchObject({ status: 400, body: { msg } });
  });
});

describe('a new address', () => {
  it('counts when both addresses confirmed, in either order', async () => {
    const { client, email, session } = await confirmed();
    const next = newEmail();
    const { data } = await client.auth.updateUser({ email: next });
    expect(data.user).toMatchObject({ email, new_email: next });
    expect(data.user?.email_change_sent_at).toBeDefined();
    const atNew = await auth.mails.last(next);
    const atOld = await auth.mails.last(email);
    expect(atNew.subject).toBe('Confirm your new email address');
    const one = await auth.send('POST', '/verify', {
      body: { type: 'email_change', email: next, token: atNew.code },
    });
    expect(one).toMatchObject({
      status: 200,
      body: {
        code: '200',
        msg: 'Confirmation link accepted. Please proceed to confirm link sent to the other email',
      },
    });
    const twice = await auth.send('POST', '/verify', {
      body: { type: 'email_change', email: next, token: atNew.code },
    });
    expect(twice.status).toBe(403);
    const both = await fetch(atOld.link, { redirect: 'manual' });
    expect(both.headers.get('location')).toContain('type=email_change');
    const { data: after } = await client.auth.getUser();
    expect(after.user).toMatchObject({ id: session.user.id, email: next });
    expect(after.user).not.toHaveProperty('new_email');
    expect(after.user?.identities?.[0]?.identity_data).toMatchObject({ email: next, email_verified: true });
  });

  it('says by a link that the other address is still asked', async () => {
    const { client, email } = await confirmed();
    await client.auth.updateUser({ email: newEmail() });
    const response = await fetch((await auth.mails.last(email)).link, { redirect: 'manual' });
    expect(response.headers.get('location')).toBe(
      `${SITE}#message=Confirmation+link+accepted.+Please+proceed+to+confirm+link+sent+to+the+other+email&sb=`,
    );
  });

  it('is refused when it is taken or no address, also when taken in between', async () => {
    const { client, email } = await confirmed();
    const { email: taken } = await confirmed();
    expect((await client.auth.updateUser({ email: taken })).error).toMatchObject({
      status: 422,
      code: 'email_exists',
    });
    expect((await client.auth.updateUser({ email: 'nothing' })).error?.status).toBe(400);
    const next = newEmail();
    await client.auth.updateUser({ email: next });
    const mails = [await auth.mails.last(next), await auth.mails.last(email)];
    await auth.admin().auth.admin.createUser({ email: next });
    await fetch(mails[0]?.link ?? '', { redirect: 'manual' });
    const last = await fetch(mails[1]?.link ?? '', { redirect: 'manual' });
    expect(fragmentOf(last.headers.get('location')).get('error_code')).toBe('email_exists');
  });
});

describe('invitations and generated links', () => {
  it('invite, and let the invited one in', async () => {
    const admin = auth.admin().auth.admin;
    const email = newEmail();
    const { data, error } = await admin.inviteUserByEmail(email, { data: { team: 'a' } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, user_metadata: { team: 'a' } });
    expect(data.user?.invited_at).toBeDefined();
    const mail = await auth.mails.last(email);
    expect(mail.subject).toBe("You've been invited");
    const response = await fetch(mail.link, { redirect: 'manual' });
    expect(fragmentOf(response.headers.get('location')).get('type')).toBe('invite');
    expect((await admin.inviteUserByEmail(email)).error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  it.each(['signup', 'invite', 'magiclink', 'recovery'] as const)(
    '%s links work, and send nothing',
    async (type) => {
      const admin = auth.admin().auth.admin;
      const email = type === 'recovery' ? (await confirmed()).email : newEmail();
      const sent = await auth.mails.count();
      const { data, error } = await admin.generateLink({
        type,
        email,
        password: PASSWORD,
        options: { data: { status: 'alpha' }, redirectTo: 'https://app.example.com/welcome' },
      } as Parameters<typeof admin.generateLink>[0]);
      expect(error).toBeNull();
      expect(await auth.mails.count()).toBe(sent);
      const effective = type === 'magiclink' ? 'signup' : type;
      expect(data.properties).toMatchObject({
        verification_type: effective,
        redirect_to: 'https://app.example.com/welcome',
        email_otp: expect.stringMatching(/^\d{6}$/),
        action_link: `${auth.url}/auth/v1/verify?token=${data.properties?.hashed_token}&type=${effective}&redirect_to=https://app.example.com/welcome`,
      });
      const token = data.properties?.email_otp ?? '';
      const verified = await auth.client().auth.verifyOtp({ email, token, type: effective });
      expect(verified.error).toBeNull();
    },
  );

  it('email change links answer the new address', async () => {
    const admin = auth.admin().auth.admin;
    const { email } = await confirmed();
    const newAddress = newEmail();
    const current = await admin.generateLink({ type: 'email_change_current', email, newEmail: newAddress });
    expect(current.data.user).toMatchObject({ email, new_email: newAddress });
    const fresh = await admin.generateLink({ type: 'email_change_new', email, newEmail: newAddress });
    await fetch(current.data.properties?.action_link ?? '', { redirect: 'manual' });
    await fetch(fresh.data.properties?.action_link ?? '', { redirect: 'manual' });
    const { data } = await admin.getUserById(current.data.user?.id ?? '');
    expect(data.user?.email).toBe(newAddress);
  });

  it.each([
    [{ type: 'recovery', email: 'nobody@example.com' }, 404, 'user_not_found'],
    [{ type: 'nothing', email: 'nobody@example.com' }, 400, 'validation_failed'],
    [{ type: 'signup', email: 'xx:;x@x.x', password: PASSWORD }, 400, 'validation_failed'],
    [{ type: 'signup', email: 'nobody@example.com' }, 400, 'validation_failed'],
    [{ type: 'signup', email: 'nobody@example.com', password: 'x' }, 422, 'weak_password'],
  ])('refuse %j', async (body, status, error_code) => {
    const answer = await auth.send('POST', '/admin/generate_link', { body, token: auth.keys.serviceRoleKey });
    expect(answer).toMatchObject({ status, body: { error_code } });
  });
});
