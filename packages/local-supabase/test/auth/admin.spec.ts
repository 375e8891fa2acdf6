import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SupabaseClient } from '@supabase/supabase-js';
import { startAuth, type Harness } from './harness.ts';

let auth: Harness;
let admin: SupabaseClient['auth']['admin'];
let counter = 0;
const newEmail = (): string => `admin${(counter += 1)}@example.com`;
const PASSWORD = 'correct horse';
const NOBODY = '83fd9e20-7a80-46e4-bf29-a86e3d6bbf66';

beforeAll(async () => {
  auth = await startAuth();
  admin = auth.admin().auth.admin;
}, 60_000);
afterAll(() => auth.close());

describe('who may', () => {
  it.each([
    ['GET', '/admin/users'],
    ['POST', '/admin/users'],
    ['GET', `/admin/users/${NOBODY}`],
    ['PUT', `/admin/users/${NOBODY}`],
    ['DELETE', `/admin/users/${NOBODY}`],
    ['POST', '/admin/generate_link'],
    ['POST', '/invite'],
    ['GET', '/admin/audit'],
  ])('%s %s: only the secret key', async (method, path) => {
    const body = method === 'GET' ? {} : { body: {} };
    expect(await auth.send(method, path, body)).toMatchObject({
      status: 401,
      body: { error_code: 'no_authorization' },
    });
    expect(await auth.send(method, path, { ...body, token: auth.keys.anonKey })).toMatchObject({
      status: 403,
      body: { error_code: 'not_admin', msg: 'User not allowed' },
    });
  });

  it('lets the opaque secret key in', async () => {
    const answer = await auth.send('GET', '/admin/users', { headers: { apikey: auth.keys.secretKey } });
    expect(answer.status).toBe(200);
  });
});

describe('creating users', () => {
  it('makes a user who signs in at once when his address is confirmed', async () => {
    const email = newEmail();
    const { data, error } = await admin.createUser({
      email,
      password: PASSWORD,
      email_confirm: true,
      user_metadata: { name: 'Ada' },
      app_metadata: { plan: 'pro' },
    });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      email,
      role: 'authenticated',
      user_metadata: { name: 'Ada', email_verified: true },
      app_metadata: { provider: 'email', providers: ['email'], plan: 'pro' },
    });
    expect(data.user?.email_confirmed_at).toBeDefined();
    expect(data.user?.identities).toHaveLength(1);
    const signedIn = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(signedIn.error).toBeNull();
  });

  it('makes one who may not sign in before he confirms', async () => {
    const email = newEmail();
    const { data } = await admin.createUser({ email, password: PASSWORD, user_metadata: { a: 1 } });
    expect(data.user?.user_metadata).toEqual({ a: 1 });
    const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(error).toMatchObject({ status: 400, code: 'email_not_confirmed', message: 'Email not confirmed' });
  });

  it('takes an id, a role, a phone number and a bcrypt hash', async () => {
    const id = '6b1f1c0e-3f0e-4d5a-9b58-2f1f6d1d2c11';
    const { data, error } = await admin.createUser({
      id,
      email: newEmail(),
      phone: '+49 1234567',
      role: 'editor',
      email_confirm: true,
      phone_confirm: true,
      password_hash: '$2y$10$SXEz2HeT8PUIGQXo9yeUIem8KzNxgG0d7o/.eGj2rj8KbRgAuRVlq',
    });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id, role: 'editor', phone: '491234567' });
    expect(data.user?.app_metadata).toMatchObject({ provider: 'email', providers: ['email', 'phone'] });
    const signedIn = await auth
      .client()
      .auth.signInWithPassword({ email: data.user?.email ?? '', password: 'test' });
    expect(signedIn.error).toBeNull();
  });

  it.each([
    ['argon2i', '$argon2i$v=19$m=32,t=2,p=1$c2FsdHNhbHQ$TJF9ipTczOJM9i3DBXp7Rk3gLWa+AxrL'],
    ['argon2id', '$argon2id$v=19$m=32,t=2,p=1$c2FsdHNhbHQ$wWb1U+wsUYWHTpiFEHMN4tH3L9yCheEU'],
    ['Firebase', '$fbscrypt$v=1,n=4,r=8,p=1,ss=Bw==,sk=c2lnbmVyIGtleQ==$c2FsdHNhbHQ=$4kw+IEEAPl/8lQ=='],
  ])('takes a hash by %s', async (_, hash) => {
    const email = newEmail();
    const { error } = await admin.createUser({ email, password_hash: hash, email_confirm: true });
    expect(error).toBeNull();
    const wrong = await auth.client().auth.signInWithPassword({ email, password: 'no horse' });
    expect(wrong.error).toMatchObject({ code: 'invalid_credentials' });
    const { data } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(data.user?.email).toBe(email);
  });

  it.each([
    [{ email: 'a@b.co', password_hash: 'plain' }, 500, 'unexpected_failure', 'Error creating user'],
    [{}, 400, 'validation_failed', 'Cannot create a user without either an email or phone'],
    [{ email: 'xx:;x@x.x' }, 400, 'validation_failed', 'Unable to validate email address: invalid format'],
    [{ email: 'a@b.co', id: 'no-uuid' }, 400, 'validation_failed', 'ID must conform to the uuid v4 format'],
    [
      { email: 'a@b.co', ban_duration: 'long' },
      400,
      'validation_failed',
      expect.stringContaining('ban duration'),
    ],
    [
      { email: 'a@b.co', password: 'x', password_hash: 'y' },
      400,
      'validation_failed',
      'Only a password or a password hash should be provided',
    ],
    [{ email: 'a@b.co', password: 'short' }, 422, 'weak_password', expect.stringContaining('at least 6')],
    [
      { email: 'a@b.co', phone: 'call me' },
      400,
      'validation_failed',
      'Invalid phone number format (E.164 required)',
    ],
    [{ email: 'a@b.co', user_metadata: { a: '\u0000' } }, 400, 'validation_failed', expect.any(String)],
    [{ email: 'a@b.co', user_metadata: [] }, 400, 'bad_json', expect.stringContaining('user_metadata')],
  ])('refuses %j', async (body, status, code, msg) => {
    const answer = await auth.send('POST', '/admin/users', { token: auth.keys.serviceRoleKey, body });
    expect(answer).toMatchObject({ status, body: { error_code: code, msg } });
  });

  it('refuses a taken address, also when two ask at once', async () => {
    const email = newEmail();
    const answers = await Promise.all([1, 2].map(() => admin.createUser({ email })));
    const refused = answers.find(({ error }) => error !== null);
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
    expect(refused?.error).toMatchObject({
      status: 422,
      code: 'email_exists',
      message: 'A user with this email address has already been registered',
    });
  });

  it('runs the triggers of the project, and says what GoTrue says when one fails', async () => {
    await auth.pool.query(`
      create table public.profile (id uuid primary key references auth.users (id) on delete cascade, email text);
      create function public.on_user() returns trigger language plpgsql security definer as $$
      begin
        if new.email like 'refused%' then raise exception 'no'; end if;
        insert into public.profile values (new.id, new.email);
        return new;
      end $$;
      create trigger on_user after insert on auth.users for each row execute function public.on_user()`);
    const { data } = await admin.createUser({ email: newEmail() });
    const { rows } = await auth.pool.query('select id from public.profile');
    expect(rows).toEqual([{ id: data.user?.id }]);
    const refused = { body: { email: 'refused@example.com', password: PASSWORD } };
    const headers = { 'x-supabase-api-version': '2024-01-01' };
    expect(await auth.send('POST', '/signup', { ...refused, headers })).toMatchObject({
      status: 500,
      body: { code: 'unexpected_failure', message: 'Database error saving new user' },
    });
    expect(await admin.createUser(refused.body)).toMatchObject({
      error: { status: 500, message: 'Database error creating new user' },
    });
    // Clients without a version see what the trigger says.
    const answer = await auth.send('POST', '/signup', refused);
    expect(answer).toMatchObject({ status: 500, body: { code: 'P0001', message: 'no' } });
    await auth.pool.query(`
      create or replace function public.on_user() returns trigger language plpgsql as $$
      begin raise exception 'full' using errcode = 'PT409', hint = 'later', detail = 'so many'; end $$`);
    expect(await auth.send('POST', '/signup', refused)).toMatchObject({
      status: 409,
      body: { code: 'PT409', message: 'full', hint: 'later', detail: 'so many' },
    });
    await auth.pool.query('drop trigger on_user on auth.users');
  });
});

describe('reading users', () => {
  it('lists pages, newest first, with their number', async () => {
    const emails = [newEmail(), newEmail(), newEmail()];
    for (const email of emails) await admin.createUser({ email });
    const { data, error } = await admin.listUsers({ page: 1, perPage: 2 });
    expect(error).toBeNull();
    expect(data.users.map(({ email }) => email)).toEqual([emails[2], emails[1]]);
    expect(data).toMatchObject({ aud: 'authenticated', nextPage: 2 });
    const raw = await auth.send('GET', '/admin/users?per_page=2&page=2', { token: auth.keys.serviceRoleKey });
    const total = Number(raw.headers.get('x-total-count'));
    const last = Math.ceil(total / 2);
    expect(total).toBeGreaterThanOrEqual(3);
    expect(raw.headers.get('link')).toBe(
      `</admin/users?page=3&per_page=2>; rel="next", </admin/users?page=${last}&per_page=2>; rel="last"`,
    );
  });

  it('filters by address', async () => {
    const email = newEmail();
    await admin.createUser({ email });
    const answer = await auth.send('GET', `/admin/users?filter=${email}`, {
      token: auth.keys.serviceRoleKey,
    });
    expect(answer.body.users).toHaveLength(1);
  });

  it('answers an empty page far behind the last one', async () => {
    const path = '/admin/users?page=9007199254740991&per_page=1000000';
    const answer = await auth.send('GET', path, { token: auth.keys.serviceRoleKey });
    expect(answer).toMatchObject({ status: 200, body: { users: [] } });
  });

  it('lists the oldest users first when asked to', async () => {
    const token = auth.keys.serviceRoleKey;
    const read = async (sort: string): Promise<string[]> => {
      const { body } = await auth.send('GET', `/admin/users?sort=${sort}`, { token });
      return (body.users as { created_at: string }[]).map(({ created_at }) => created_at);
    };
    const [ascending, descending] = [await read('created_at%20asc'), await read('created_at')];
    expect(ascending.length).toBeGreaterThan(1);
    expect(ascending).toEqual([...ascending].sort());
    expect(descending).toEqual([...descending].sort().reverse());
  });

  it.each(['sort=email', 'sort=created_at%20up', 'page=-1', 'per_page=0', 'page=x', 'filter=%00'])(
    'refuses %s',
    async (query) => {
      const answer = await auth.send('GET', `/admin/users?${query}`, { token: auth.keys.serviceRoleKey });
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    },
  );

  it('answers 404 for nobody and for what is no id', async () => {
    const { error } = await admin.getUserById(NOBODY);
    expect(error).toMatchObject({ status: 404, code: 'user_not_found', message: 'User not found' });
    const answer = await auth.send('GET', '/admin/users/me', { token: auth.keys.serviceRoleKey });
    expect(answer).toMatchObject({ status: 404, body: { error_code: 'validation_failed' } });
  });
});

describe('changing users', () => {
  it('changes address, password, metadata, role and confirmation at once', async () => {
    const { data } = await admin.createUser({ email: newEmail(), user_metadata: { a: 1, b: 2 } });
    const id = data.user?.id ?? '';
    const email = newEmail();
    const changed = await admin.updateUserById(id, {
      email,
      password: 'another horse',
      email_confirm: true,
      user_metadata: { a: null, c: 3 },
      app_metadata: { roles: ['x'] },
      role: 'editor',
    });
    expect(changed.error).toBeNull();
    expect(changed.data.user).toMatchObject({
      email,
      role: 'editor',
      user_metadata: { b: 2, c: 3, email_verified: true },
      app_metadata: { roles: ['x'], provider: 'email' },
    });
    expect(changed.data.user?.identities?.[0]?.identity_data).toMatchObject({ email, email_verified: true });
    const signedIn = await auth.client().auth.signInWithPassword({ email, password: 'another horse' });
    expect(signedIn.error).toBeNull();
  });

  it('refuses a weak password, a taken address and nobody', async () => {
    const taken = newEmail();
    await admin.createUser({ email: taken });
    const { data } = await admin.createUser({ email: newEmail() });
    const id = data.user?.id ?? '';
    expect((await admin.updateUserById(id, { password: 'short' })).error?.code).toBe('weak_password');
    expect((await admin.updateUserById(id, { email: taken })).error?.code).toBe('email_exists');
    expect((await admin.updateUserById(NOBODY, { email: newEmail() })).error?.code).toBe('user_not_found');
  });

  it.each([{ email: 'new-owner@example.com' }, { phone: '491234500' }])(
    'to %j ends what was sent before',
    async (change) => {
      const email = newEmail();
      const { data } = await admin.createUser({ email, password: PASSWORD, email_confirm: true });
      const id = data.user?.id ?? '';
      const client = auth.client();
      await client.auth.signInWithPassword({ email, password: PASSWORD });
      await client.auth.updateUser({ email: newEmail() });
      await client.auth.resetPasswordForEmail(email);
      const { code, hash } = await auth.mails.last(email);
      const changed = await admin.updateUserById(id, change);
      expect(changed.data.user).toMatchObject(change);
      expect(changed.data.user).not.toHaveProperty('new_email');
      expect(changed.data.user).not.toHaveProperty('recovery_sent_at');
      const link = await client.auth.verifyOtp({ token_hash: hash, type: 'recovery' });
      expect(link.error?.code).toBe('otp_expired');
      const current = changed.data.user?.email ?? '';
      const typed = await client.auth.verifyOtp({ email: current, token: code, type: 'recovery' });
      expect(typed.error?.code).toBe('otp_expired');
    },
  );

  it('bans: no sign-in, no refresh, no access; and lifts the ban', async () => {
    const email = newEmail();
    const { data } = await admin.createUser({ email, password: PASSWORD, email_confirm: true });
    const id = data.user?.id ?? '';
    const { data: signedIn } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    const banned = await admin.updateUserById(id, { ban_duration: '1h30m' });
    const until = new Date((banned.data.user as { banned_until?: string }).banned_until ?? 0).getTime();
    expect(until - Date.now()).toBeGreaterThan(89 * 60_000);
    const again = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(again.error).toMatchObject({ status: 400, code: 'user_banned', message: 'User is banned' });
    const refreshed = await auth.send('POST', '/token?grant_type=refresh_token', {
      body: { refresh_token: signedIn.session?.refresh_token },
    });
    expect(refreshed).toMatchObject({ status: 400, body: { error_code: 'user_banned' } });
    const read = await auth.send('GET', '/user', { token: signedIn.session?.access_token ?? '' });
    expect(read).toMatchObject({ status: 403, body: { error_code: 'user_banned' } });
    await admin.updateUserById(id, { ban_duration: 'none' });
    const lifted = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(lifted.error).toBeNull();
    expect(lifted.data.user).not.toHaveProperty('banned_until');
  });
});

describe('deleting users', () => {
  it('removes the user and his sessions', async () => {
    const email = newEmail();
    const { data } = await admin.createUser({ email, password: PASSWORD, email_confirm: true });
    const id = data.user?.id ?? '';
    const { data: signedIn } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect((await admin.deleteUser(id)).error).toBeNull();
    expect((await admin.getUserById(id)).error?.code).toBe('user_not_found');
    const read = await auth.send('GET', '/user', { token: signedIn.session?.access_token ?? '' });
    expect(read).toMatchObject({ status: 403, body: { error_code: 'user_not_found' } });
    expect((await admin.deleteUser(id)).error?.code).toBe('user_not_found');
  });

  it('softly: keeps the id, and nothing that tells who it was', async () => {
    const email = newEmail();
    const { data } = await admin.createUser({
      email,
      password: PASSWORD,
      email_confirm: true,
      user_metadata: { a: 1 },
    });
    const id = data.user?.id ?? '';
    expect((await admin.deleteUser(id, true)).error).toBeNull();
    const { data: left } = await admin.getUserById(id);
    expect(left.user).toMatchObject({ id, user_metadata: {}, app_metadata: {} });
    expect(left.user?.deleted_at).toBeDefined();
    expect(JSON.stringify(left.user)).not.toContain(email);
    expect((await admin.createUser({ email })).error).toBeNull();
  });
});

describe('the audit log', () => {
  it('tells what happened, newest first, and searches', async () => {
    const email = newEmail();
    await auth.client().auth.signUp({ email, password: PASSWORD });
    const token = auth.keys.serviceRoleKey;
    const all = await auth.send('GET', '/admin/audit?per_page=2', { token });
    const actions = (all.body as unknown as { payload: { action: string } }[]).map(
      ({ payload }) => payload.action,
    );
    expect(actions.sort()).toEqual(['login', 'user_signedup']);
    const found = await auth.send('GET', `/admin/audit?query=author:${email}`, { token });
    expect(found.body).toHaveLength(2);
    for (const query of ['x:y', 'constructor:y']) {
      expect((await auth.send('GET', `/admin/audit?query=${query}`, { token })).status).toBe(400);
    }
  });
});
