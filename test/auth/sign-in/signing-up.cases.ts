import { describe, expect, it } from '@jest/globals';
import { Caller, newEmail, PASSWORD, signUp } from '../../harness/caller.js';
import { sql } from '../../harness/database.js';
import type { SharedApi } from '../../harness/shared-api.js';
import { UUID, plainUser, envelopedUser, signIn, problem, failure, type Enveloped } from './answers.js';

/** Ways to become a user. */
export function signingUp(api: SharedApi): void {
  const stranger = (): Caller => new Caller(api.url);

  describe('POST /auth/signup', () => {
    it('plain: 201 and a sign-in', async () => {
      const email = newEmail();
      const answer = await stranger().post('/api/auth/signup', { email, password: PASSWORD });
      expect(answer).toMatchObject({ status: 201 });
      expect(answer.body).toEqual(signIn(plainUser(email)));
      expect(answer.headers.get('cache-control')).toBe('no-store');
    });

    it('enveloped: 200 and a sign-in', async () => {
      const email = newEmail();
      const body = { email, password: '123456', confirm_password: '123456' };
      const answer = await stranger().post('/api/v1/auth/signup', body);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ success: true, data: signIn(envelopedUser(email)) });
    });

    it('a duplicate, in capitals, too', async () => {
      const { user } = await signUp(api.url);
      const email = String(user?.email);
      for (const again of [email, email.toUpperCase()]) {
        const plain = await stranger().post('/api/auth/signup', { email: again, password: PASSWORD });
        expect(plain.status).toBe(400);
        expect(plain.body).toEqual(problem(400, 'A user with this email already exists', 'VALIDATION_ERROR'));
        const body = { email: again, password: PASSWORD, confirm_password: PASSWORD };
        const enveloped = await stranger().post('/api/v1/auth/signup', body);
        expect(enveloped.status).toBe(422);
        expect(enveloped.body).toEqual(failure('Failed to create user account', 'VALIDATION_ERROR'));
      }
    });

    it('twice at once: one user', async () => {
      const email = newEmail();
      const caller = stranger();
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => caller.post('/api/auth/signup', { email, password: PASSWORD })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400, 400]);
      await expect(sql('select id from auth.users where email = $1', [email])).resolves.toHaveLength(1);
    });

    it.each([
      [{}, ['email', 'password']],
      [{ email: 'invalid-email', password: PASSWORD }, ['email']],
      [{ email: 'a@example.com', password: '1234567' }, ['password']],
      [{ email: 'a@example.com', password: PASSWORD, confirm_password: PASSWORD }, ['confirm_password']],
      [{ email: 'a@example.com', password: PASSWORD, role: 'admin' }, ['role']],
      [{ email: ['a@example.com'], password: { length: 10 } }, ['email', 'password']],
    ])('refuses %j', async (body, fields) => {
      const answer = await stranger().post<{ errors: { field: string }[] }>('/api/auth/signup', body);
      expect(answer.status).toBe(400);
      expect(answer.body.errors.map(({ field }) => field).sort()).toEqual(fields);
    });

    it('enveloped: passwords that do not match', async () => {
      const body = { email: newEmail(), password: '123456', confirm_password: '654321' };
      const answer = await stranger().post('/api/v1/auth/signup', body);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual(failure('Passwords do not match', 'VALIDATION_ERROR'));
      await expect(sql('select from auth.users where email = $1', [body.email])).resolves.toHaveLength(0);
    });

    it.each(['', '[]', '"x"', 'null', '{', '{"email":"a@example.com"', '\u0000'])(
      'a body of %j',
      async (body) => {
        const plain = await stranger().post('/api/auth/signup', body);
        expect(plain.status).toBe(400);
        const enveloped = await stranger().post('/api/v1/auth/signup', body);
        expect(enveloped.status).toBe(422);
      },
    );
  });

  describe('POST /register', () => {
    it("answers with Supabase's user", async () => {
      const email = newEmail();
      const plain = await stranger().post('/api/register', { email, password: PASSWORD });
      expect(plain.status).toBe(201);
      expect(plain.body).toMatchObject({
        id: expect.stringMatching(UUID) as unknown,
        email,
        aud: 'authenticated',
        app_metadata: { provider: 'email' },
        user_metadata: { email },
      });
      expect(plain.body).not.toHaveProperty('access_token');
      const enveloped = await stranger().post<Enveloped<object>>('/api/v1/register/', {
        email: newEmail(),
        password: '123456',
      });
      expect(enveloped.status).toBe(201);
      expect(enveloped.body.data).toHaveProperty('app_metadata');
      await expect(stranger().post('/api/login', { email, password: PASSWORD })).resolves.toMatchObject({
        status: 200,
      });
    });

    it('refuses a duplicate and a short password', async () => {
      const { user } = await signUp(api.url);
      await expect(
        stranger().post('/api/register', { email: user?.email, password: PASSWORD }),
      ).resolves.toMatchObject({
        status: 400,
        body: { detail: 'A user with this email already exists' },
      });
      await expect(
        stranger().post('/api/register', { email: newEmail(), password: '1234567' }),
      ).resolves.toMatchObject({
        status: 400,
      });
      await expect(
        stranger().post('/api/v1/register', { email: newEmail(), password: '12345' }),
      ).resolves.toMatchObject({
        status: 422,
      });
    });
  });
}
