import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { fragmentOf, PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** Mails that let somebody in: by PKCE, to set a new password, by a code. */
export function signingIn(fixture: AuthFixture): void {
  const { newEmail, confirmed } = fixture;

  describe('PKCE', () => {
    it('leads to a code, exchanged once and only with the verifier', async () => {
      const email = newEmail();
      const verifier = randomBytes(32).toString('base64url');
      const code_challenge = createHash('sha256').update(verifier).digest('base64url');
      await fixture.auth.send('POST', '/signup', {
        body: { email, password: PASSWORD, code_challenge, code_challenge_method: 's256' },
      });
      const mail = await fixture.auth.mails.last(email);
      expect(mail.hash).toMatch(/^pkce_/);
      const followed = await fetch(mail.link, { redirect: 'manual' });
      const location = new URL(followed.headers.get('location') ?? '');
      expect(location.hash).toBe('');
      const auth_code = location.searchParams.get('code');
      const exchange = (code_verifier: string) =>
        fixture.auth.send('POST', '/token?grant_type=pkce', { body: { auth_code, code_verifier } });
      expect(await exchange('wrong')).toMatchObject({
        status: 400,
        body: { error_code: 'bad_code_verifier' },
      });
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
      const client = fixture.auth.client({ flowType: 'pkce' });
      await client.auth.signInWithOtp({ email });
      const { code, hash } = await fixture.auth.mails.last(email);
      expect(hash).toMatch(/^pkce_/);
      const { error } = await client.auth.verifyOtp({ email, token: code, type: 'email' });
      expect(error).toBeNull();
    });

    it('tells in query and fragment that a link was used', async () => {
      const answer = await fixture.auth.send('GET', '/verify?token=pkce_none&type=recovery');
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
      const answer = await fixture.auth.send('POST', '/recover', { body: { email: 'a@b.co', ...challenge } });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    });
  });

  describe('recovery', () => {
    it('lets a user in to set a new password', async () => {
      const { email } = await confirmed();
      const client = fixture.auth.client();
      expect((await client.auth.resetPasswordForEmail(email)).error).toBeNull();
      const mail = await fixture.auth.mails.last(email);
      expect(mail.subject).toBe('Reset your password');
      expect(mail.link).toContain('type=recovery');
      const { error } = await client.auth.verifyOtp({ email, token: mail.code, type: 'recovery' });
      expect(error).toBeNull();
      expect((await client.auth.updateUser({ password: 'a new horse' })).error).toBeNull();
      const signIn = await fixture.auth.client().auth.signInWithPassword({ email, password: 'a new horse' });
      expect(signIn.error).toBeNull();
    });

    it('answers the same for an unknown address, and sends nothing', async () => {
      const email = newEmail();
      const answer = await fixture.auth.send('POST', '/recover', { body: { email } });
      expect(answer).toMatchObject({ status: 200, body: {} });
      expect(await fixture.auth.mails.count(email)).toBe(0);
    });
  });

  describe('one-time passwords', () => {
    it('sign in a known user', async () => {
      const { email, session } = await confirmed();
      const client = fixture.auth.client();
      expect((await client.auth.signInWithOtp({ email })).error).toBeNull();
      const mail = await fixture.auth.mails.last(email);
      expect(mail.subject).toBe('Your sign-in link');
      const { data } = await client.auth.verifyOtp({ email, token: mail.code, type: 'email' });
      expect(data.user?.id).toBe(session.user.id);
    });

    it('sign up a new one, unless told not to', async () => {
      const email = newEmail();
      const not = await fixture.auth
        .client()
        .auth.signInWithOtp({ email, options: { shouldCreateUser: false } });
      expect(not.error).toMatchObject({
        status: 422,
        code: 'otp_disabled',
        message: 'Signups not allowed for otp',
      });
      expect(
        (await fixture.auth.client().auth.signInWithOtp({ email, options: { data: { a: 1 } } })).error,
      ).toBeNull();
      const { data } = await fixture.auth
        .client()
        .auth.verifyOtp({ email, token: (await fixture.auth.mails.last(email)).code, type: 'email' });
      expect(data.user).toMatchObject({ email, user_metadata: { a: 1 } });
    });

    it.each([
      [{}, 400, 'One of email or phone must be set'],
      [
        { email: 'a@b.co', phone: '1234567' },
        400,
        'Only an email address or phone number should be provided',
      ],
      [{ email: 'a@b.co', channel: 'sms' }, 400, 'Channel should only be specified with Phone OTP'],
      [{ phone: '1234567' }, 400, 'Unsupported phone provider'],
      [{ email: 'nothing' }, 400, 'Unable to validate email address: invalid format'],
    ])('refuse %j', async (body, status, msg) => {
      expect(await fixture.auth.send('POST', '/otp', { body })).toMatchObject({ status, body: { msg } });
    });
  });
}
