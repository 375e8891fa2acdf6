import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Secret, TOTP } from 'otpauth';
import type { Harness } from '../harness.ts';
import { startVariants, type Variants } from '../variants.ts';
import { httpHook, startHookServer, type HookServer } from './hook-server.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse';
const PHONE = '4915112345678';

let variants: Variants;
let auth: Harness;
let hooks: HookServer;

beforeAll(async () => {
  [variants, hooks] = await Promise.all([startVariants(), startHookServer()]);
});
afterEach(async () => {
  hooks.calls.length = 0;
  hooks.answer = () => ({});
  await auth.close();
});
afterAll(() => Promise.all([variants.close(), hooks.close()]));

/** `[auth.hook.<name>]` as a function of the database, with its body in plpgsql; `input` is what it is given. */
async function startWithFunction(name: string, body: string, more = ''): Promise<void> {
  const toml = `[auth.hook.${name}]\nenabled = true\nuri = "pg-functions://postgres/public/${name}"\n${more}`;
  auth = await variants.start(toml);
  await auth.pool.query(`
    create or replace function public.${name}(input jsonb) returns jsonb language plpgsql as $$ begin ${body} end $$;
    grant execute on function public.${name} to supabase_auth_admin;`);
}
const startWithService = async (name: string, more = ''): Promise<void> => {
  auth = await variants.start(`${more}\n${httpHook(name, hooks)}`);
};
const signUp = (email = EMAIL) => auth.send('POST', '/signup', { body: { email, password: PASSWORD } });
const signIn = (password = PASSWORD) =>
  auth.send('POST', '/token?grant_type=password', { body: { email: EMAIL, password } });
/** Waits for the database, as a hook does that asks it something. */
const askDatabase = () => auth.pool.query('select count(*) from auth.users');

describe('custom_access_token', () => {
  it('has a function change the claims', async () => {
    await startWithFunction(
      'custom_access_token',
      `return jsonb_build_object('claims', input->'claims' || jsonb_build_object(
         'plan', 'gold', 'method', input->'authentication_method', 'who', current_user,
         'same', input->>'user_id' = input->'claims'->>'sub', 'name', input->'metadata'->'name'));`,
    );
    const { body } = await signUp();
    const first = decodeJwt(String(body.access_token));
    expect(first).toMatchObject({
      plan: 'gold',
      method: 'password',
      who: 'supabase_auth_admin',
      same: true,
      name: 'customize-access-token',
      role: 'authenticated',
    });
    const refreshed = await auth.send('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: body.refresh_token },
    });
    expect(decodeJwt(String(refreshed.body.access_token))).toMatchObject({
      plan: 'gold',
      method: 'token_refresh',
    });
    // What it changed is the token that counts.
    const user = await auth.send('GET', '/user', { token: String(refreshed.body.access_token) });
    expect(user).toMatchObject({ status: 200, body: { email: EMAIL } });
  });

  it('has a service do so, which may ask the database meanwhile', async () => {
    await startWithService('custom_access_token');
    hooks.answer = async ({ claims }) => {
      await askDatabase();
      return { body: { claims: { ...(claims as object), plan: 'gold' } } };
    };
    const { body } = await signUp();
    expect(decodeJwt(String(body.access_token)).plan).toBe('gold');
    const [call] = hooks.calls;
    expect(call).toMatchObject({
      signed: true,
      headers: { 'content-type': 'application/json' },
      input: { authentication_method: 'password', claims: { email: EMAIL, aal: 'aal1' } },
    });
    const link = await auth.admin().auth.admin.generateLink({ type: 'magiclink', email: EMAIL });
    const followed = await fetch(
      `${auth.url}/auth/v1/verify?type=magiclink&token=${link.data.properties?.hashed_token ?? ''}`,
      { redirect: 'manual' },
    );
    const { hash } = new URL(followed.headers.get('location') ?? '');
    expect(decodeJwt(new URLSearchParams(hash.slice(1)).get('access_token') ?? '').plan).toBe('gold');
  });

  it.each([
    [
      'refuses',
      `return '{"error": {"http_code": 403, "message": "Not today"}}';`,
      { status: 403, body: { code: 403, error_code: 'unknown', msg: 'Not today' } },
    ],
    [
      'refuses without a status',
      `return '{"error": {"message": "Not today"}}';`,
      { status: 500, body: { error_code: 'unexpected_failure', msg: 'Not today' } },
    ],
    ['has no claims', `return '{}';`, { status: 500, body: { msg: 'output claims field is missing' } }],
    [
      'leaves claims out',
      `return jsonb_build_object('claims', (input->'claims') - 'role' || '{"aal": 1}');`,
      {
        status: 500,
        body: {
          msg: 'output claims do not conform to the expected schema: \n- (root): role is required\n- aal: Invalid type. Expected: string, given: integer\n',
        },
      },
    ],
    [
      'fails',
      `raise exception 'secret words';`,
      {
        status: 500,
        body: { msg: 'Error running hook URI: pg-functions://postgres/public/custom_access_token' },
      },
    ],
    [
      'may not do what it does',
      `perform count(*) from public.hook_secrets; return input;`,
      {
        status: 500,
        body: { msg: 'Error running hook URI: pg-functions://postgres/public/custom_access_token' },
      },
    ],
  ])('signs nobody in where it %s', async (_what, body, answer) => {
    await startWithFunction('custom_access_token', body);
    await auth.pool.query('create table if not exists public.hook_secrets ()');
    await expect(signUp()).resolves.toMatchObject(answer);
    // It was one transaction.
    const { rows } = await auth.pool.query('select from auth.users');
    expect(rows).toEqual([]);
  });
});

describe('before_user_created', () => {
  it('has a function refuse', async () => {
    await startWithFunction(
      'before_user_created',
      `if input->'user'->>'email' like '%@example.com' then return '{}'; end if;
       return '{"error": {"http_code": 400, "message": "Only example.com"}}';`,
    );
    await expect(signUp()).resolves.toMatchObject({ status: 200 });
    await expect(signUp('eve@evil.example')).resolves.toMatchObject({
      status: 400,
      body: { msg: 'Only example.com' },
    });
    // Whom administrators make, nobody refuses.
    const { error } = await auth.admin().auth.admin.createUser({ email: 'eve@evil.example' });
    expect(error).toBeNull();
  });

  it.each([
    ['a sign-up', () => signUp(), 'email'],
    ['an anonymous one', () => auth.send('POST', '/signup', { body: {} }), undefined],
    ['a code by mail', () => auth.send('POST', '/otp', { body: { email: EMAIL } }), 'email'],
    [
      'an invitation',
      () => auth.send('POST', '/invite', { body: { email: EMAIL }, token: auth.keys.serviceRoleKey }),
      'email',
    ],
  ])('has a service asked before %s, which may ask the database', async (_what, ask, provider) => {
    await startWithService('before_user_created', '[auth]\nenable_anonymous_sign_ins = true');
    hooks.answer = async () => {
      await askDatabase();
      return { status: 204, body: '' };
    };
    await expect(ask()).resolves.toMatchObject({ status: 200 });
    const { rows } = await auth.pool.query<{ id: string }>('select id from auth.users');
    expect(hooks.calls).toMatchObject([
      {
        signed: true,
        input: {
          metadata: { name: 'before-user-created', ip_address: '127.0.0.1' },
          user: { id: rows[0]?.id, app_metadata: provider === undefined ? {} : { provider } },
        },
      },
    ]);
    await auth.pool.query('truncate auth.users cascade');
    hooks.answer = () => ({ body: { error: { http_code: 422, message: 'No' } } });
    await expect(ask()).resolves.toMatchObject({ status: 422, body: { msg: 'No' } });
    const after = await auth.pool.query('select from auth.users');
    expect(after.rows).toEqual([]);
  });
});

describe('send_email', () => {
  const MAILS = '[auth.email]\nenable_confirmations = true';

  it('has a service send what would have been mailed', async () => {
    await startWithService('send_email', MAILS);
    await expect(signUp()).resolves.toMatchObject({ status: 200, body: { email: EMAIL } });
    const [call] = hooks.calls;
    expect(call).toMatchObject({
      signed: true,
      input: {
        user: { email: EMAIL },
        email_data: { email_action_type: 'signup', site_url: 'http://127.0.0.1/auth/v1', token_new: '' },
      },
    });
    const { token, token_hash } = call?.input.email_data as { token: string; token_hash: string };
    expect(token).toMatch(/^\d{6}$/);
    expect(token_hash).toMatch(/^[0-9a-f]{56}$/);
    const { data, error } = await auth.client().auth.verifyOtp({ email: EMAIL, token, type: 'signup' });
    expect(error).toBeNull();
    // Both addresses in one message.
    const client = auth.client();
    await client.auth.setSession({
      access_token: data.session?.access_token ?? '',
      refresh_token: data.session?.refresh_token ?? '',
    });
    await client.auth.updateUser({ email: 'new@example.com' });
    const change = hooks.calls[1]?.input as { user: object; email_data: Record<string, string> };
    expect(change.user).toMatchObject({ email: EMAIL, new_email: 'new@example.com' });
    expect(change.email_data).toMatchObject({ email_action_type: 'email_change' });
    for (const key of ['token_hash', 'token_hash_new']) {
      await auth.send('POST', '/verify', {
        body: { type: 'email_change', token_hash: change.email_data[key] },
      });
    }
    const { rows } = await auth.pool.query('select email from auth.users');
    expect(rows).toEqual([{ email: 'new@example.com' }]);
    await expect(auth.mails.last(EMAIL)).rejects.toThrow();
  });

  it('has it tell of changes, which fail with nothing', async () => {
    const kinds = ['password_changed', 'mfa_factor_enrolled'];
    const told = kinds.map((kind) => `[auth.email.notification.${kind}]\nenabled = true`);
    const factors = '[auth.mfa.totp]\nenroll_enabled = true\nverify_enabled = true';
    await startWithService('send_email', [factors, ...told].join('\n'));
    const client = auth.client();
    await client.auth.signUp({ email: EMAIL, password: PASSWORD });
    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'totp' });
    const code = new TOTP({ secret: Secret.fromBase32(factor?.totp.secret ?? '') }).generate();
    await client.auth.mfa.challengeAndVerify({ factorId: factor?.id ?? '', code });
    const words = { token: '', token_hash: '', old_email: '', old_phone: '', provider: '' };
    expect(hooks.calls.map(({ input }) => input)).toMatchObject([
      {
        user: { email: EMAIL },
        email_data: { ...words, email_action_type: 'mfa_factor_enrolled_notification', factor_type: 'totp' },
      },
    ]);
    hooks.answer = () => ({ status: 400 });
    expect((await client.auth.updateUser({ password: 'another horse' })).error).toBeNull();
    expect(hooks.calls).toHaveLength(2);
    expect((await signIn('another horse')).status).toBe(200);
  });

  it('fails where it is not sent', async () => {
    await startWithService('send_email', MAILS);
    hooks.answer = () => ({ status: 500 });
    await expect(signUp()).resolves.toMatchObject({
      status: 500,
      body: { msg: `Error running hook URI: ${hooks.url}` },
    });
  });
});

describe('send_sms', () => {
  it('reaches any number', async () => {
    await startWithService('send_sms', '[auth.sms]\nenable_signup = true\nenable_confirmations = true');
    const client = auth.client();
    const { error } = await client.auth.signInWithOtp({ phone: PHONE });
    expect(error).toBeNull();
    expect(hooks.calls).toMatchObject([
      { signed: true, input: { user: { phone: PHONE }, sms: { phone: PHONE } } },
    ]);
    const { otp: token } = hooks.calls[0]?.input.sms as { otp: string };
    const { data } = await client.auth.verifyOtp({ phone: PHONE, token, type: 'sms' });
    expect(data.user).toMatchObject({ phone: PHONE });
    const none = await auth.send('POST', '/otp', { body: { phone: '49151999', channel: 'whatsapp' } });
    expect(none.status).toBe(200);
  });
});

describe('password_verification_attempt', () => {
  it('hears of each attempt, and may refuse and sign out', async () => {
    await startWithService('password_verification_attempt');
    const { body } = await signUp();
    await signIn('wrong');
    await signIn();
    expect(hooks.calls.map(({ input }) => input.valid)).toEqual([false, true]);
    expect(hooks.calls[0]?.input.user_id).toBe((body.user as { id: string }).id);

    hooks.answer = () => ({ body: { decision: 'reject', message: 'Too often', should_logout_user: true } });
    await expect(signIn()).resolves.toMatchObject({
      status: 400,
      body: { error_code: 'invalid_credentials', msg: 'Too often' },
    });
    await expect(auth.send('GET', '/user', { token: String(body.access_token) })).resolves.toMatchObject({
      status: 403,
      body: { error_code: 'session_not_found' },
    });
  });
});

describe('mfa_verification_attempt', () => {
  it('hears of each code, and may refuse, which signs out', async () => {
    await startWithService(
      'mfa_verification_attempt',
      '[auth.mfa.totp]\nenroll_enabled = true\nverify_enabled = true',
    );
    hooks.answer = async () => {
      await askDatabase();
      return { body: { decision: 'continue' } };
    };
    await signUp();
    const client = auth.client();
    await client.auth.signInWithPassword({ email: EMAIL, password: PASSWORD });
    const { data: factor } = await client.auth.mfa.enroll({ factorType: 'totp' });
    const factorId = factor?.id ?? '';
    const code = new TOTP({ secret: Secret.fromBase32(factor?.totp.secret ?? '') }).generate();
    const wrong = await client.auth.mfa.challengeAndVerify({
      factorId,
      code: code === '000000' ? '1' : '000000',
    });
    expect(wrong.error).toMatchObject({ code: 'mfa_verification_failed' });
    const right = await client.auth.mfa.challengeAndVerify({ factorId, code });
    expect(right.error).toBeNull();
    expect(hooks.calls.map(({ input }) => [input.valid, input.factor_type])).toEqual([
      [false, 'totp'],
      [true, 'totp'],
    ]);
    hooks.answer = () => ({ body: { decision: 'reject' } });
    const refused = await client.auth.mfa.challengeAndVerify({ factorId, code });
    expect(refused.error).toMatchObject({
      status: 403,
      code: 'mfa_verification_rejected',
      message: 'Further MFA verification attempts will be rejected.',
    });
    const { rows } = await auth.pool.query('select from auth.sessions');
    expect(rows).toEqual([]);
  });
});
