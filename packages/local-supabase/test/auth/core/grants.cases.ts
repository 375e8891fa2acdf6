import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** Passwords and refresh tokens. */
export function grants(fixture: AuthFixture): void {
  const { newEmail, signUp } = fixture;

  describe('the password grant', () => {
    it('signs in whatever the case of the address', async () => {
      const { email } = await signUp();
      const { data, error } = await fixture.auth
        .client()
        .auth.signInWithPassword({ email: email.toUpperCase(), password: PASSWORD });
      expect(error).toBeNull();
      expect(data.user?.email).toBe(email);
    });

    it('answers the same to a wrong password and an unknown address', async () => {
      const { email } = await signUp();
      const wrong = await fixture.auth.client().auth.signInWithPassword({ email, password: 'wrong' });
      const unknown = await fixture.auth
        .client()
        .auth.signInWithPassword({ email: newEmail(), password: 'wrong' });
      expect(wrong.error).toMatchObject({
        status: 400,
        code: 'invalid_credentials',
        message: 'Invalid login credentials',
      });
      expect(unknown.error).toEqual(wrong.error);
    });

    it('refuses a grant it does not know, and one without an address', async () => {
      for (const query of ['', '?grant_type=constructor', '?grant_type=__proto__']) {
        const refused = await fixture.auth.send('POST', `/token${query}`, { body: {} });
        expect(refused).toMatchObject({ status: 400, body: { msg: 'unsupported_grant_type' } });
      }
      const wallet = await fixture.auth.send('POST', '/token?grant_type=web3', { body: { chain: 'solana' } });
      expect(wallet).toMatchObject({ status: 422, body: { error_code: 'web3_provider_disabled' } });
      const empty = await fixture.auth.send('POST', '/token?grant_type=password', {
        body: { password: 'x' },
      });
      expect(empty).toMatchObject({ status: 400, body: { msg: 'missing email or phone' } });
    });
  });

  describe('the refresh grant', () => {
    const refresh = (refresh_token: unknown) =>
      fixture.auth.send('POST', '/token?grant_type=refresh_token', { body: { refresh_token } });

    it('rotates, keeps the session and chains the parents', async () => {
      const { session } = await signUp();
      const first = await refresh(session.refresh_token);
      expect(first.status).toBe(200);
      expect(first.body.refresh_token).not.toBe(session.refresh_token);
      const before = decodeJwt(session.access_token);
      const after = decodeJwt(first.body.access_token as string);
      expect(after.session_id).toBe(before.session_id);
      expect(after.amr).toEqual(before.amr);
      const { rows } = await fixture.auth.pool.query(
        'select token, parent, revoked from auth.refresh_tokens where session_id = $1 order by id',
        [before.session_id],
      );
      expect(rows).toEqual([
        { token: session.refresh_token, parent: null, revoked: true },
        { token: first.body.refresh_token, parent: session.refresh_token, revoked: false },
      ]);
    });

    it('gives the same new token to those who refresh at once', async () => {
      const { session } = await signUp();
      const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(session.refresh_token)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    });

    it('answers the parent of the active token again, however late', async () => {
      const { session } = await signUp();
      const first = await refresh(session.refresh_token);
      await age(session.refresh_token);
      const again = await refresh(session.refresh_token);
      expect(again).toMatchObject({ status: 200, body: { refresh_token: first.body.refresh_token } });
    });

    it('ends the session when an older token is used after the reuse interval', async () => {
      const { session } = await signUp();
      const first = await refresh(session.refresh_token);
      const second = await refresh(first.body.refresh_token);
      await age(session.refresh_token);
      expect(await refresh(session.refresh_token)).toMatchObject({
        status: 400,
        body: { error_code: 'refresh_token_already_used', msg: 'Invalid Refresh Token: Already Used' },
      });
      expect(await refresh(second.body.refresh_token)).toMatchObject({
        status: 400,
        body: { error_code: 'refresh_token_already_used' },
      });
    });

    it('lets an older token through within the reuse interval', async () => {
      const { session } = await signUp();
      const first = await refresh(session.refresh_token);
      await refresh(first.body.refresh_token);
      expect((await refresh(session.refresh_token)).status).toBe(200);
    });

    it('refuses what was never a token, and one of a session that ended', async () => {
      const { client, session } = await signUp();
      expect(await refresh('unknown-token')).toMatchObject({
        status: 400,
        body: {
          error_code: 'refresh_token_not_found',
          msg: 'Invalid Refresh Token: Refresh Token Not Found',
        },
      });
      await client.auth.signOut();
      expect(await refresh(session.refresh_token)).toMatchObject({
        status: 400,
        body: { error_code: 'refresh_token_not_found' },
      });
      expect(await refresh('')).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: 'refresh_token required' },
      });
    });

    async function age(token: string): Promise<void> {
      await fixture.auth.pool.query(
        `update auth.refresh_tokens set updated_at = updated_at - interval '1 hour' where token = $1`,
        [token],
      );
    }
  });
}
