import { describe, expect, it } from '@jest/globals';
import { fragmentOf, PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** Other addresses, and those that an administrator writes to. */
export function addresses(fixture: AuthFixture): void {
  const { newEmail, confirmed } = fixture;

  const SITE = 'http://127.0.0.1:3000';

  describe('a new address', () => {
    it('counts when both addresses confirmed, in either order', async () => {
      const { client, email, session } = await confirmed();
      const next = newEmail();
      const { data } = await client.auth.updateUser({ email: next });
      expect(data.user).toMatchObject({ email, new_email: next });
      expect(data.user?.email_change_sent_at).toBeDefined();
      const atNew = await fixture.auth.mails.last(next);
      const atOld = await fixture.auth.mails.last(email);
      expect(atNew.subject).toBe('Confirm your new email address');
      const one = await fixture.auth.send('POST', '/verify', {
        body: { type: 'email_change', email: next, token: atNew.code },
      });
      expect(one).toMatchObject({
        status: 200,
        body: {
          code: '200',
          msg: 'Confirmation link accepted. Please proceed to confirm link sent to the other email',
        },
      });
      const twice = await fixture.auth.send('POST', '/verify', {
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
      const response = await fetch((await fixture.auth.mails.last(email)).link, { redirect: 'manual' });
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
      const mails = [await fixture.auth.mails.last(next), await fixture.auth.mails.last(email)];
      await fixture.auth.admin().auth.admin.createUser({ email: next });
      await fetch(mails[0]?.link ?? '', { redirect: 'manual' });
      const last = await fetch(mails[1]?.link ?? '', { redirect: 'manual' });
      expect(fragmentOf(last.headers.get('location')).get('error_code')).toBe('email_exists');
    });
  });

  describe('invitations and generated links', () => {
    it('invite, and let the invited one in', async () => {
      const admin = fixture.auth.admin().auth.admin;
      const email = newEmail();
      const { data, error } = await admin.inviteUserByEmail(email, { data: { team: 'a' } });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({ email, user_metadata: { team: 'a' } });
      expect(data.user?.invited_at).toBeDefined();
      const mail = await fixture.auth.mails.last(email);
      expect(mail.subject).toBe("You've been invited");
      const response = await fetch(mail.link, { redirect: 'manual' });
      expect(fragmentOf(response.headers.get('location')).get('type')).toBe('invite');
      expect((await admin.inviteUserByEmail(email)).error).toMatchObject({
        status: 422,
        code: 'email_exists',
      });
    });

    it.each(['signup', 'invite', 'magiclink', 'recovery'] as const)(
      '%s links work, and send nothing',
      async (type) => {
        const admin = fixture.auth.admin().auth.admin;
        const email = type === 'recovery' ? (await confirmed()).email : newEmail();
        const sent = await fixture.auth.mails.count();
        const { data, error } = await admin.generateLink({
          type,
          email,
          password: PASSWORD,
          options: { data: { status: 'alpha' }, redirectTo: 'https://app.example.com/welcome' },
        } as Parameters<typeof admin.generateLink>[0]);
        expect(error).toBeNull();
        expect(await fixture.auth.mails.count()).toBe(sent);
        const effective = type === 'magiclink' ? 'signup' : type;
        expect(data.properties).toMatchObject({
          verification_type: effective,
          redirect_to: 'https://app.example.com/welcome',
          email_otp: expect.stringMatching(/^\d{6}$/),
          action_link: `${fixture.auth.url}/auth/v1/verify?token=${data.properties?.hashed_token}&type=${effective}&redirect_to=https://app.example.com/welcome`,
        });
        const token = data.properties?.email_otp ?? '';
        const verified = await fixture.auth.client().auth.verifyOtp({ email, token, type: effective });
        expect(verified.error).toBeNull();
      },
    );

    it('email change links answer the new address', async () => {
      const admin = fixture.auth.admin().auth.admin;
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
      const answer = await fixture.auth.send('POST', '/admin/generate_link', {
        body,
        token: fixture.auth.keys.serviceRoleKey,
      });
      expect(answer).toMatchObject({ status, body: { error_code } });
    });
  });
}
