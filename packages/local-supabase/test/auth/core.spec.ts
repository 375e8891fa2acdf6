import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { signToken, startAuth, type Harness } from './harness.ts';

let auth: Harness;
let counter = 0;
const newEmail = (): string => `user${(counter += 1)}@example.com`;
const PASSWORD = 'correct horse';

beforeAll(async () => {
  auth = await startAuth('[auth]\nenable_anonymous_sign_ins = true');
}, 60_000);
afterAll(() => auth.close());

async function signUp(email = newEmail()) {
  const client = auth.client();
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error !== null || data.session === null) throw error ?? new Error('no session');
  return { client, email, session: data.session };
}

describe('sign-up without confirmation', () => {
  it('answers a session and the user as GoTrue does', async () => {
    const email = newEmail();
    const { status, body } = await auth.send('POST', '/signup', {
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
      iss: `${auth.url}/auth/v1`,
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
    const answer = await auth.send('POST', '/signup', { body });
    expect(answer).toMatchObject({ status, body: { code: status, error_code: code, msg: message } });
  });

  it('refuses a number that would be stored as nothing, and rounds one that has too many digits', async () => {
    const body = (number: string): string =>
      `{"email": "numbers@example.com", "password": "${PASSWORD}", "data": {"list": [${number}]}}`;
    const endless = await auth.send('POST', '/signup', { body: body('1e400') });
    expect(endless).toMatchObject({ status: 400, body: { error_code: 'bad_json' } });
    const long = await auth.send('POST', '/signup', { body: body('9007199254740993') });
    expect(long.body).toMatchObject({ user: { user_metadata: { list: [9007199254740992] } } });
  });

  it('names why a password is weak, in both shapes of errors', async () => {
    const body = { email: newEmail(), password: 'short' };
    const old = await auth.send('POST', '/signup', { body });
    expect(old.body.weak_password).toEqual({ reasons: ['length'] });
    const recent = await auth.send('POST', '/signup', {
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
    const answers = await Promise.all([1, 2, 3].map(() => auth.send('POST', '/signup', { body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
    expect(await auth.send('POST', '/signup', { body })).toMatchObject({
      status: 422,
      body: { error_code: 'user_already_exists', msg: 'User already registered' },
    });
  });

  it('refuses a body that nests without end, and one that is too large', async () => {
    const nested = `{"email":"a@b.co","password":"correct horse","data":${'{"a":'.repeat(300)}1${'}'.repeat(300)}}`;
    expect(await auth.send('POST', '/signup', { body: nested })).toMatchObject({
      status: 400,
      body: { error_code: 'bad_json' },
    });
    const brackets = { email: newEmail(), password: PASSWORD, data: { text: '[{"'.repeat(500) } };
    expect((await auth.send('POST', '/signup', { body: brackets })).status).toBe(200);
    const large = { email: newEmail(), password: PASSWORD, data: { text: 'x'.repeat(1100_000) } };
    const refused = await auth.send('POST', '/signup', { body: large });
    expect(refused).toMatchObject({
      status: 413,
      body: { error_code: 'request_entity_too_large', msg: 'Request body too large (max 1048576 bytes)' },
    });
    expect(refused.headers.get('x-sb-error-code')).toBe('request_entity_too_large');
  });

  it('reads null as an empty object', async () => {
    const answer = await auth.send('POST', '/signup', { body: 'null' });
    expect(answer).toMatchObject({ status: 200, body: { user: { is_anonymous: true } } });
  });

  it.each(['', 'not json', '[]', '"text"'])('refuses the body %j', async (body) => {
    const answer = await auth.send('POST', '/signup', { body });
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
    expect(await auth.send(method, path)).toMatchObject({ status, body: { text } });
  });
});

describe('the password grant', () => {
  it('signs in whatever the case of the address', async () => {
    const { email } = await signUp();
    const { data, error } = await auth
      .client()
      .auth.signInWithPassword({ email: email.toUpperCase(), password: PASSWORD });
    expect(error).toBeNull();
    expect(data.user?.email).toBe(email);
  });

  it('answers the same to a wrong password and an unknown address', async () => {
    const { email } = await signUp();
    const wrong = await auth.client().auth.signInWithPassword({ email, password: 'wrong' });
    const unknown = await auth.client().auth.signInWithPassword({ email: newEmail(), password: 'wrong' });
    expect(wrong.error).toMatchObject({
      status: 400,
      code: 'invalid_credentials',
      message: 'Invalid login credentials',
    });
    expect(unknown.error).toEqual(wrong.error);
  });

  it('refuses a grant it does not know, and one without an address', async () => {
    for (const query of ['', '?grant_type=constructor', '?grant_type=__proto__']) {
      const refused = await auth.send('POST', `/token${query}`, { body: {} });
      expect(refused).toMatchObject({ status: 400, body: { msg: 'unsupported_grant_type' } });
    }
    const wallet = await auth.send('POST', '/token?grant_type=web3', { body: { chain: 'solana' } });
    expect(wallet).toMatchObject({ status: 422, body: { error_code: 'web3_provider_disabled' } });
    const empty = await auth.send('POST', '/token?grant_type=password', { body: { password: 'x' } });
    expect(empty).toMatchObject({ status: 400, body: { msg: 'missing email or phone' } });
  });
});

describe('the refresh grant', () => {
  const refresh = (refresh_token: unknown) =>
    auth.send('POST', '/token?grant_type=refresh_token', { body: { refresh_token } });

  it('rotates, keeps the session and chains the parents', async () => {
    const { session } = await signUp();
    const first = await refresh(session.refresh_token);
    expect(first.status).toBe(200);
    expect(first.body.refresh_token).not.toBe(session.refresh_token);
    const before = decodeJwt(session.access_token);
    const after = decodeJwt(first.body.access_token as string);
    expect(after.session_id).toBe(before.session_id);
    expect(after.amr).toEqual(before.amr);
    const { rows } = await auth.pool.query(
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
      body: { error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token: Refresh Token Not Found' },
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
    await auth.pool.query(
      `update auth.refresh_tokens set updated_at = updated_at - interval '1 hour' where token = $1`,
      [token],
    );
  }
});

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
    const answer = await auth.send('GET', '/user', token === undefined ? {} : { token });
    expect(answer).toMatchObject({ status, body: { code: status, error_code: code, msg: message } });
  });

  it('is refused with the anon key, a forged and an expired token', async () => {
    const { session } = await signUp();
    const claims = decodeJwt(session.access_token);
    const expired = await signToken(auth.keys, { ...claims, exp: 1000 });
    const [header, payload] = session.access_token.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
    const answers = await Promise.all(
      [auth.keys.anonKey, expired, none, `${header}.${payload}.AAAA`].map((token) =>
        auth.send('GET', '/user', { token }),
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
    const other = auth.client();
    const signedIn = await other.auth.signInWithPassword({ email, password: PASSWORD });
    const same = await client.auth.updateUser({ password: PASSWORD });
    expect(same.error).toMatchObject({ status: 422, code: 'same_password' });
    const weak = await client.auth.updateUser({ password: 'short' });
    expect(weak.error).toMatchObject({ status: 422, code: 'weak_password', reasons: ['length'] });
    expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull();
    const ended = await auth.send('GET', '/user', { token: signedIn.data.session?.access_token ?? '' });
    expect(ended).toMatchObject({ status: 403, body: { error_code: 'session_not_found' } });
    expect((await client.auth.getUser()).data.user?.id).toBe(session.user.id);
    const old = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(old.error?.code).toBe('invalid_credentials');
    const fresh = await auth.client().auth.signInWithPassword({ email, password: 'another horse' });
    expect(fresh.error).toBeNull();
  });

  it('may not set app_metadata', async () => {
    const { session } = await signUp();
    const answer = await auth.send('PUT', '/user', {
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
    const other = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    const tokens = [session.access_token, other.data.session?.access_token ?? ''];
    const answer = await auth.send('POST', `/logout?scope=${scope}`, { token: session.access_token });
    expect(answer.status).toBe(204);
    const after = await Promise.all(tokens.map((token) => auth.send('GET', '/user', { token })));
    expect(after.map(({ status }) => status === 200)).toEqual(alive);
  });

  it('refuses an unknown scope', async () => {
    const { session } = await signUp();
    const answer = await auth.send('POST', '/logout?scope=all', { token: session.access_token });
    expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
  });
});

describe('anonymous users', () => {
  it('sign in without an account and become permanent by an address', async () => {
    const client = auth.client();
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
    const again = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(again.data.user?.id).toBe(data.user?.id);
  });
});

describe('what everybody may ask', () => {
  it('answers health, settings, keys and the OpenID configuration', async () => {
    expect((await auth.send('GET', '/health')).body).toMatchObject({ name: 'GoTrue' });
    const settings = await auth.send('GET', '/settings');
    expect(settings.body).toMatchObject({
      external: { email: true, phone: false, anonymous_users: true, google: false },
      disable_signup: false,
      mailer_autoconfirm: true,
      passkeys_enabled: false,
    });
    expect((await auth.send('GET', '/.well-known/jwks.json')).body).toEqual({ keys: [] });
    const openid = await auth.send('GET', '/.well-known/openid-configuration');
    expect(openid.body.issuer).toBe(`${auth.url}/auth/v1`);
    const off = { status: 404, body: { error_code: 'feature_disabled', msg: 'OAuth server is disabled' } };
    for (const path of ['/oauth/authorizations/x', '/user/oauth/grants', '/admin/oauth/clients'])
      expect(await auth.send('GET', path)).toMatchObject(off);
  });
});
