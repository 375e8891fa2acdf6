import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { PASSWORD, type AuthFixture } from '../auth.fixture.ts';

/** Sign-ups that count at once, and paths that are none. */
export function signingUp(fixture: AuthFixture): void {
  const { newEmail, signUp } = fixture;

  describe('sign-up without confirmation', () => {
    it('answers a session and the user as GoTrue does', async () => {
      const email = newEmail();
      const { status, body } = await fixture.auth.send('POST', '/signup', {
        body: { email: email.toUpperCase(), password: PASSWORD, data: { name: 'Ada' } },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
      const user = body.user as Record<string, unknown>;
      expect(Object.keys(user)).toEqual([
        'id',
        'aud',
        'role',
        'email',
        'email_confirmed_at',
        'phone',
        'confirmed_at',
        'last_sign_in_at',
        'app_metadata',
        'user_metadata',
        'identities',
        'created_at',
        'updated_at',
        'is_anonymous',
      ]);
      expect(user).toMatchObject({
        aud: 'authenticated',
        role: 'authenticated',
        email,
        phone: '',
        app_metadata: { provider: 'email', providers: ['email'] },
        user_metadata: { name: 'Ada', email, email_verified: true, phone_verified: false, sub: user.id },
        identities: [
          {
            id: user.id,
            user_id: user.id,
            provider: 'email',
            email,
            identity_data: { email, email_verified: false, phone_verified: false, sub: user.id },
          },
        ],
      });
    });

    it('signs a token with every claim', async () => {
      const { session, email } = await signUp();
      const claims = decodeJwt(session.access_token);
      expect(claims).toMatchObject({
        iss: `${fixture.auth.url}/auth/v1`,
        sub: session.user.id,
        aud: 'authenticated',
        email,
        phone: '',
        app_metadata: { provider: 'email' },
        user_metadata: { email },
        role: 'authenticated',
        aal: 'aal1',
        amr: [{ method: 'password', timestamp: expect.any(Number) }],
        session_id: expect.any(String),
        is_anonymous: false,
      });
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    });

    it.each([
      [{ email: 'a@b.co' }, 400, 'validation_failed', 'Signup requires a valid password'],
      [
        { email: 'a@b.co', password: 'short' },
        422,
        'weak_password',
        'Password should be at least 6 characters.',
      ],
      [
        { email: 'xx:;x@x.x', password: PASSWORD },
        400,
        'validation_failed',
        'Unable to validate email address: invalid format',
      ],
      [
        { email: 'a@b.co', password: 'x'.repeat(73) },
        400,
        'validation_failed',
        'Password cannot be longer than 72 characters',
      ],
      [
        { phone: '+4912345678', password: PASSWORD },
        400,
        'phone_provider_disabled',
        'Phone signups are disabled',
      ],
      [
        { email: 'a@b.co', phone: '+4912345678', password: PASSWORD },
        400,
        'validation_failed',
        'Only an email address or phone number should be provided on signup.',
      ],
      [{ email: 7, password: PASSWORD }, 400, 'bad_json', expect.stringContaining('email')],
    ])('refuses %j', async (body, status, code, message) => {
      const answer = await fixture.auth.send('POST', '/signup', { body });
      expect(answer).toMatchObject({ status, body: { code: status, error_code: code, msg: message } });
    });

    it('refuses a number that would be stored as nothing, and rounds one that has too many digits', async () => {
      const body = (number: string): string =>
        `{"email": "numbers@example.com", "password": "${PASSWORD}", "data": {"list": [${number}]}}`;
      const endless = await fixture.auth.send('POST', '/signup', { body: body('1e400') });
      expect(endless).toMatchObject({ status: 400, body: { error_code: 'bad_json' } });
      const long = await fixture.auth.send('POST', '/signup', { body: body('9007199254740993') });
      expect(long.body).toMatchObject({ user: { user_metadata: { list: [9007199254740992] } } });
    });

    it('names why a password is weak, in both shapes of errors', async () => {
      const body = { email: newEmail(), password: 'short' };
      const old = await fixture.auth.send('POST', '/signup', { body });
      expect(old.body.weak_password).toEqual({ reasons: ['length'] });
      const recent = await fixture.auth.send('POST', '/signup', {
        body,
        headers: { 'x-supabase-api-version': '2024-01-01' },
      });
      expect(recent.headers.get('x-supabase-api-version')).toBe('2024-01-01');
      expect(recent.body).toEqual({
        code: 'weak_password',
        message: 'Password should be at least 6 characters.',
        weak_password: { reasons: ['length'] },
      });
    });

    it('refuses a taken address, also when two ask at once', async () => {
      const email = newEmail();
      const body = { email, password: PASSWORD };
      const answers = await Promise.all([1, 2, 3].map(() => fixture.auth.send('POST', '/signup', { body })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
      expect(await fixture.auth.send('POST', '/signup', { body })).toMatchObject({
        status: 422,
        body: { error_code: 'user_already_exists', msg: 'User already registered' },
      });
    });

    it('refuses a body that nests without end, and one that is too large', async () => {
      const nested = `{"email":"a@b.co","password":"correct horse","data":${'{"a":'.repeat(300)}1${'}'.repeat(300)}}`;
      expect(await fixture.auth.send('POST', '/signup', { body: nested })).toMatchObject({
        status: 400,
        body: { error_code: 'bad_json' },
      });
      const brackets = { email: newEmail(), password: PASSWORD, data: { text: '[{"'.repeat(500) } };
      expect((await fixture.auth.send('POST', '/signup', { body: brackets })).status).toBe(200);
      const large = { email: newEmail(), password: PASSWORD, data: { text: 'x'.repeat(1100_000) } };
      const refused = await fixture.auth.send('POST', '/signup', { body: large });
      expect(refused).toMatchObject({
        status: 413,
        body: { error_code: 'request_entity_too_large', msg: 'Request body too large (max 1048576 bytes)' },
      });
      expect(refused.headers.get('x-sb-error-code')).toBe('request_entity_too_large');
    });

    it('reads null as an empty object', async () => {
      const answer = await fixture.auth.send('POST', '/signup', { body: 'null' });
      expect(answer).toMatchObject({ status: 200, body: { user: { is_anonymous: true } } });
    });

    it.each(['', 'not json', '[]', '"text"'])('refuses the body %j', async (body) => {
      const answer = await fixture.auth.send('POST', '/signup', { body });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'bad_json' } });
    });
  });

  describe('paths and methods that are none', () => {
    it.each([
      ['GET', '/nothing', 404, '404 page not found\n'],
      ['POST', '/admin/users/1/nothing', 404, '404 page not found\n'],
      ['GET', '/signup', 405, ''],
      ['PATCH', '/admin/users/6b1f1c0e-3f0e-4d5a-9b58-2f1f6d1d2c11', 405, ''],
    ])('%s %s', async (method, path, status, text) => {
      expect(await fixture.auth.send(method, path)).toMatchObject({ status, body: { text } });
    });
  });
}
