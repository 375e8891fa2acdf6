import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PASSWORD, type AuthFixture } from '../auth.fixture.ts';
import { signToken } from '../harness.ts';

/** Who is signed in, who signs out, who has no name, and who only asks. */
export function users(fixture: AuthFixture): void {
  const { newEmail, signUp } = fixture;

  describe('the signed-in user', () => {
    it('is read by his token', async () => {
      const { client, session } = await signUp();
      const { data, error } = await client.auth.getUser(session.access_token);
      expect(error).toBeNull();
      expect(data.user).toMatchObject({ id: session.user.id, is_anonymous: false });
    });

    it.each([
      ['no token', undefined, 401, 'no_authorization', 'This endpoint requires a valid Bearer token'],
      [
        'rubbish',
        'rubbish',
        403,
        'bad_jwt',
        expect.stringMatching(/^invalid JWT: unable to parse or verify signature, token is malformed/),
      ],
    ])('is refused with %s', async (_, token, status, code, message) => {
      const answer = await fixture.auth.send('GET', '/user', token === undefined ? {} : { token });
      expect(answer).toMatchObject({ status, body: { code: status, error_code: code, msg: message } });
    });

    it('is refused with the anon key, a forged and an expired token', async () => {
      const { session } = await signUp();
      const claims = decodeJwt(session.access_token);
      const expired = await signToken(fixture.auth.keys, { ...claims, exp: 1000 });
      const [header, payload] = session.access_token.split('.');
      const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
      const answers = await Promise.all(
        [fixture.auth.keys.anonKey, expired, none, `${header}.${payload}.AAAA`].map((token) =>
          fixture.auth.send('GET', '/user', { token }),
        ),
      );
      expect(answers.map(({ status, body }) => [status, body.error_code])).toEqual([
        [403, 'bad_jwt'],
        [403, 'bad_jwt'],
        [403, 'bad_jwt'],
        [403, 'bad_jwt'],
      ]);
      expect(answers[0]?.body.msg).toBe('invalid claim: missing sub claim');
      expect(answers[1]?.body.msg).toContain('token is expired');
    });

    it('changes his data: keys are merged, null removes', async () => {
      const { client } = await signUp();
      await client.auth.updateUser({ data: { a: 1, b: { c: 2 } } });
      const { data, error } = await client.auth.updateUser({ data: { a: null, d: true } });
      expect(error).toBeNull();
      expect(data.user?.user_metadata).toMatchObject({ b: { c: 2 }, d: true });
      expect(data.user?.user_metadata).not.toHaveProperty('a');
    });

    it('changes his password, which ends his other sessions', async () => {
      const { client, email, session } = await signUp();
      const other = fixture.auth.client();
      const signedIn = await other.auth.signInWithPassword({ email, password: PASSWORD });
      const same = await client.auth.updateUser({ password: PASSWORD });
      expect(same.error).toMatchObject({ status: 422, code: 'same_password' });
      const weak = await client.auth.updateUser({ password: 'short' });
      expect(weak.error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length'] });
      expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull();
      const ended = await fixture.auth.send('GET', '/user', {
        token: signedIn.data.session?.access_token ?? '',
      });
      expect(ended).toMatchObject({ status: 403, body: { error_code: 'session_not_found' } });
      expect((await client.auth.getUser()).data.user?.id).toBe(session.user.id);
      const old = await fixture.auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      expect(old.error?.code).toBe('invalid_credentials');
      const fresh = await fixture.auth.client().auth.signInWithPassword({ email, password: 'another horse' });
      expect(fresh.error).toBeNull();
    });

    it('may not set app_metadata', async () => {
      const { session } = await signUp();
      const answer = await fixture.auth.send('PUT', '/user', {
        token: session.access_token,
        body: { app_metadata: { admin: true } },
      });
      expect(answer).toMatchObject({ status: 403, body: { error_code: 'not_admin' } });
    });
  });

  describe('logout', () => {
    it.each([
      ['global', [false, false]],
      ['local', [false, true]],
      ['others', [true, false]],
    ] as const)('%s ends the right sessions', async (scope, alive) => {
      const { session, email } = await signUp();
      const other = await fixture.auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      const tokens = [session.access_token, other.data.session?.access_token ?? ''];
      const answer = await fixture.auth.send('POST', `/logout?scope=${scope}`, {
        token: session.access_token,
      });
      expect(answer.status).toBe(204);
      const after = await Promise.all(tokens.map((token) => fixture.auth.send('GET', '/user', { token })));
      expect(after.map(({ status }) => status === 200)).toEqual(alive);
    });

    it('refuses an unknown scope', async () => {
      const { session } = await signUp();
      const answer = await fixture.auth.send('POST', '/logout?scope=all', { token: session.access_token });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    });
  });

  describe('anonymous users', () => {
    it('sign in without an account and become permanent by an address', async () => {
      const client = fixture.auth.client();
      const { data, error } = await client.auth.signInAnonymously({ options: { data: { theme: 'dark' } } });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({
        is_anonymous: true,
        email: '',
        user_metadata: { theme: 'dark' },
        identities: [],
      });
      const claims = decodeJwt(data.session?.access_token ?? '');
      expect(claims).toMatchObject({ is_anonymous: true, amr: [{ method: 'anonymous' }] });
      const noAddress = await client.auth.updateUser({ password: PASSWORD });
      expect(noAddress.error).toMatchObject({ status: 422, code: 'validation_failed' });
      const email = newEmail();
      const updated = await client.auth.updateUser({ email, password: PASSWORD });
      expect(updated.error).toBeNull();
      expect(updated.data.user).toMatchObject({
        id: data.user?.id,
        email,
        is_anonymous: false,
        app_metadata: { provider: 'email', providers: ['email'] },
      });
      expect(updated.data.user?.identities).toHaveLength(1);
      const again = await fixture.auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      expect(again.data.user?.id).toBe(data.user?.id);
    });
  });

  describe('what everybody may ask', () => {
    it('answers health, settings, keys and the OpenID configuration', async () => {
      expect((await fixture.auth.send('GET', '/health')).body).toMatchObject({ name: 'GoTrue' });
      const settings = await fixture.auth.send('GET', '/settings');
      expect(settings.body).toMatchObject({
        external: { email: true, phone: false, anonymous_users: true, google: false },
        disable_signup: false,
        mailer_autoconfirm: true,
        passkeys_enabled: false,
      });
      expect((await fixture.auth.send('GET', '/.well-known/jwks.json')).body).toEqual({ keys: [] });
      const openid = await fixture.auth.send('GET', '/.well-known/openid-configuration');
      expect(openid.body.issuer).toBe(`${fixture.auth.url}/auth/v1`);
      const off = { status: 404, body: { error_code: 'feature_disabled', msg: 'OAuth server is disabled' } };
      for (const path of ['/oauth/authorizations/x', '/user/oauth/grants', '/admin/oauth/clients'])
        expect(await fixture.auth.send('GET', path)).toMatchObject(off);
    });
  });
}
