import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { fragmentOf, PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** The codes and the links of mails. */
export function verifying(fixture: AuthFixture): void {
  const { newEmail } = fixture;

  const SITE = 'http://127.0.0.1:3000';

  describe('POST /verify', () => {
    it('opens a session by address and code, once', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const { code } = await fixture.auth.mails.last(email);
      const attempts = await Promise.all(
        [1, 2, 3].map(() => fixture.auth.client().auth.verifyOtp({ email, token: code, type: 'signup' })),
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
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const { hash } = await fixture.auth.mails.last(email);
      const byHash = await fixture.auth.client().auth.verifyOtp({ token_hash: hash, type: 'email' });
      expect(byHash.data.user?.email).toBe(email);
      const again = await fixture.auth.client().auth.verifyOtp({ token_hash: hash, type: 'email' });
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
      [
        { type: 'signup', token_hash: '1', email: 'a@b.co' },
        'Only the token_hash and type should be provided',
      ],
      [{ type: 'nothing', token_hash: '1' }, 'Invalid email verification type'],
    ])('refuses %j', async (body, msg) => {
      const answer = await fixture.auth.send('POST', '/verify', { body });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed', msg } });
    });

    it('refuses a code of another type, and an old one', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const { code } = await fixture.auth.mails.last(email);
      const other = await fixture.auth.client().auth.verifyOtp({ email, token: code, type: 'recovery' });
      expect(other.error?.code).toBe('otp_expired');
      await fixture.auth.pool.query(
        `update auth.users set confirmation_sent_at = now() - interval '2 hours' where email = $1`,
        [email],
      );
      const late = await fixture.auth.client().auth.verifyOtp({ email, token: code, type: 'signup' });
      expect(late.error?.code).toBe('otp_expired');
    });
  });

  describe('GET /verify', () => {
    it('leads to the site with the session in the fragment', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({
        email,
        password: PASSWORD,
        options: { emailRedirectTo: 'https://app.example.com/welcome' },
      });
      const { link } = await fixture.auth.mails.last(email);
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
      const { data } = await fixture.auth.client().auth.getUser(fragment.get('access_token') ?? '');
      expect(data.user?.email).toBe(email);
    });

    it('leads to the site with the reason when the link was used', async () => {
      const email = newEmail();
      await fixture.auth.client().auth.signUp({ email, password: PASSWORD });
      const { link } = await fixture.auth.mails.last(email);
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
      const answer = await fixture.auth.send('GET', path);
      expect(answer.headers.get('location')?.split('#')[0]).toBe(target);
    });

    it('refuses a link without token or type', async () => {
      expect((await fixture.auth.send('GET', '/verify?type=signup')).status).toBe(400);
      expect((await fixture.auth.send('GET', '/verify?token=x')).status).toBe(400);
    });
  });
}
