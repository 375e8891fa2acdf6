import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

interface Account {
  id: string;
  email: string;
  user_metadata: Record<string, unknown>;
  app_metadata: Record<string, unknown>;
}

let api: Api;
let admin: Caller;

beforeAll(async () => {
  api = await startApi();
  admin = await signUpAdmin(api.url);
  await signUpAdmin(api.url);
});
afterAll(() => api.close());

describe.each(representations)('$prefix/users/supabase_users', ({ prefix, invalid }) => {
  const at = (path = ''): string => `${prefix}/users/supabase_users${path}`;
  const create = (body: object) => admin.post(at(), body);
  const newUser = async (): Promise<Account> =>
    resourceOf<Account>(await create({ email: newEmail(), password: PASSWORD }));

  it('should make a user who can sign in at once, with a profile', async () => {
    const email = newEmail();
    const answer = await create({ email, password: PASSWORD, user_metadata: { name: 'Ann' } });
    expect(answer.status).toBe(201);
    const account = resourceOf<Account>(answer);
    expect(account).toMatchObject({ email, user_metadata: { name: 'Ann' } });
    expect(JSON.stringify(answer.body)).not.toContain(PASSWORD);

    const login = await new Caller(api.url).post<{ access_token: string }>('/api/auth/login', {
      email,
      password: PASSWORD,
    });
    const credits = await new Caller(api.url, login.body.access_token).get('/api/credits');
    expect(credits.body).toEqual({ credits: 100, subscription_tier: 'free' });
  });

  it.each([
    [{ email: 'no address', password: PASSWORD }],
    [{ email: newEmail() }],
    [{ email: newEmail(), password: 'short' }],
    [{ email: newEmail(), password: 'x'.repeat(73) }],
    [{ email: newEmail(), password: PASSWORD, role: 'service_role' }],
    [{ email: newEmail(), password: PASSWORD, user_metadata: 'Ann' }],
    [{ email: newEmail(), password: PASSWORD, user_metadata: [] }],
    [{ email: newEmail(), password: PASSWORD, user_metadata: { a: ['\u0000'] } }],
    [[]],
  ])('should refuse to make %j', async (body) => {
    expect(errorOf(await create(body))).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
  });

  it('should take a password of the length that the representation asks for', async () => {
    const answer = await create({ email: newEmail(), password: '7 signs' });
    expect(answer.status).toBe(prefix === '/api' ? 400 : 201);
  });

  it('should refuse an e-mail that is taken', async () => {
    const { email } = await newUser();
    const { status } = await create({ email, password: PASSWORD });
    expect(status).toBe(invalid);
  });

  it('should list users in pages', async () => {
    const read = async (number: number) => {
      const answer = await admin.get(at(`?page=${String(number)}&per_page=1`));
      return { headers: answer.headers, accounts: resourceOf<Account[]>(answer) };
    };
    // The newest is first, and suites that run beside this one sign users up: pages are compared when nobody came between.
    let [page, next, again] = [await read(1), await read(2), await read(1)];
    for (let attempt = 0; attempt < 20 && again.accounts[0]?.id !== page.accounts[0]?.id; attempt += 1) {
      [page, next, again] = [await read(1), await read(2), await read(1)];
    }
    expect(page.accounts).toHaveLength(1);
    expect(Number(page.headers.get('x-total-count'))).toBeGreaterThanOrEqual(2);
    expect(page.headers.get('link')).toContain('page=2&per_page=1>; rel="next"');
    expect(next.accounts).toHaveLength(1);
    expect(next.accounts[0]?.id).not.toBe(page.accounts[0]?.id);
  });

  it.each(['?page=0', '?page=x', '?per_page=0', '?per_page=1001', '?perPage=5', '?page=1&page=2'])(
    'should refuse the page %s',
    async (query) => {
      expect((await admin.get(at(query))).status).toBe(invalid);
    },
  );

  it('should show one, with the ways to sign in', async () => {
    const { id, email } = await newUser();
    expect(resourceOf<Account>(await admin.get(at(`/${id}`)))).toMatchObject({ id, email });
    const identities = resourceOf<object[]>(await admin.get(at(`/${id}/identities`)));
    expect(identities).toMatchObject([{ provider: 'email', user_id: id }]);
  });

  it('should change one, by the fields themselves or inside user_data', async () => {
    const { id } = await newUser();
    const email = newEmail();
    const first = await admin.patch(at(`/${id}`), { email, app_metadata: { plan: 'gold' } });
    expect(resourceOf<Account>(first)).toMatchObject({ email, app_metadata: { plan: 'gold' } });
    const second = await admin.patch(at(`/${id}`), { user_data: { user_metadata: { name: 'Ann' } } });
    expect(resourceOf<Account>(second)).toMatchObject({
      email,
      app_metadata: { plan: 'gold' },
      user_metadata: { name: 'Ann' },
    });
    // The service's own copy follows.
    const found = resourceOf<{ email: string }>(await admin.get(`${prefix}/users/${id}`));
    expect(found.email).toBe(email);
  });

  it.each([
    [{ email: 'no address' }],
    [{ role: 'service_role' }],
    [{ user_data: { role: 'service_role' } }],
    [{ user_data: 'x' }],
    [{ user_metadata: null }],
    [{ password: 'short' }],
    [{ user_data: { password: 'short' } }],
    [{ ban_duration: 'for ever' }],
  ])('should refuse the change %j', async (change) => {
    const id = admin.user?.id ?? '';
    expect(errorOf(await admin.patch(at(`/${id}`), change))).toMatchObject({
      status: invalid,
      code: 'VALIDATION_ERROR',
    });
  });

  it('should delete one, who is gone at once and everywhere', async () => {
    const leaver = await signUp(api.url);
    const id = leaver.user?.id ?? '';
    expect((await leaver.get('/api/credits')).status).toBe(200);
    const answer = await admin.delete(at(`/${id}`));
    expect([answer.status, answer.body]).toEqual([204, '']);
    expect((await leaver.get('/api/credits')).status).toBe(401);
    expect((await admin.get(at(`/${id}`))).status).toBe(404);
    expect((await admin.get(`${prefix}/users/${id}`)).status).toBe(404);
  });

  it.each([
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/identities'],
  ])('should answer %s%s of nobody with 404, and of no uuid as invalid', async (method, path) => {
    const body = method === 'PATCH' ? { user_metadata: {} } : undefined;
    const unknown = await admin.send(method, at(`/${randomUUID()}${path}`), body);
    expect(errorOf(unknown)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await admin.send(method, at(`/no-uuid${path}`), body)).status).toBe(invalid);
  });
});
