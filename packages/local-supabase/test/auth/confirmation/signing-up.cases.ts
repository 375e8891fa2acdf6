import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** A sign-up that has to be confirmed, and the mail for it once more. */
export function signingUp(fixture: AuthFixture): void {
  const { newEmail, confirmed } = fixture;

  const SITE = 'http://127.0.0.1:3000';

  describe('sign-up with confirmation', () => {
    it('answers the user without a session, and sends link and code', async () => {
      const email = newEmail();
      const { data, error } = await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      expect(error).toBeNull();
      expect(data.session).toBeNull();
      expect(data.user).toMatchObject({ email, identities: [{ provider: 'email' }] });
      expect(data.user).not.toHaveProperty('email_confirmed_at');
      expect(data.user?.confirmation_sent_at).toBeDefined();
      const mail = await fixture.auth.mails.last(email);
      expect(mail.subject).toBe('Confirm your email address');
      expect(mail.link).toBe(
        `${fixture.auth.url}/auth/v1/verify?token=${mail.hash}&type=signup&redirect_to=${SITE}`,
      );
      expect(mail.code).toMatch(/^\d{6}$/);
      const signIn = await fixture.auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      expect(signIn.error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
    });

    it('does not tell that an address is taken', async () => {
      const { email, session } = await confirmed();
      const sent = await fixture.auth.mails.count(email);
      const { data, error } = await fixture.auth
        .client()
        .auth.signUp({ email, password: PASSWORD, options: { data: { a: 1 } } });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({ email, role: '', identities: [], user_metadata: { a: 1 } });
      expect(data.user?.id).not.toBe(session.user.id);
      expect(await fixture.auth.mails.count(email)).toBe(sent);
    });

    it('sends again to who has not confirmed, keeping his password', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const first = await fixture.auth.mails.last(email);
      await fixture.auth.client().auth.signUp({ email, password: 'of somebody else' });
      const second = await fixture.auth.mails.last(email);
      const old = await fixture.auth.client().auth.verifyOtp({ email, token: first.code, type: 'signup' });
      expect(old.error?.code).toBe('otp_expired');
      const { data } = await fixture.auth
        .client()
        .auth.verifyOtp({ email, token: second.code, type: 'signup' });
      expect(data.user?.id).toBeDefined();
      const { error } = await fixture.auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      expect(error).toBeNull();
    });
  });

  describe('resend', () => {
    it('sends a confirmation again, and nothing to who is confirmed or unknown', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      expect((await fixture.auth.client().auth.resend({ email, type: 'signup' })).error).toBeNull();
      expect(await fixture.auth.mails.count(email)).toBe(2);
      const token = (await fixture.auth.mails.last(email)).code;
      expect((await fixture.auth.client().auth.verifyOtp({ email, token, type: 'signup' })).error).toBeNull();
      expect((await fixture.auth.client().auth.resend({ email, type: 'signup' })).error).toBeNull();
      expect(
        (await fixture.auth.client().auth.resend({ email: newEmail(), type: 'signup' })).error,
      ).toBeNull();
      expect(await fixture.auth.mails.count(email)).toBe(2);
    });

    it('finishes at the client that asked for it, by PKCE', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const client = fixture.auth.client({ flowType: 'pkce' });
      const follow = async (address: string) => {
        const mail = await fixture.auth.mails.last(address);
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
      await fetch((await fixture.auth.mails.last(email)).link, { redirect: 'manual' });
      expect((await follow(next)).data.user?.email).toBe(next);
      const half = await fixture.auth.send('POST', '/resend', {
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
      expect(await fixture.auth.send('POST', '/resend', { body })).toMatchObject({
        status: 400,
        body: { msg },
      });
    });
  });
}
