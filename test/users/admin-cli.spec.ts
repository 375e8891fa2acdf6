import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, signUp } from '../harness/caller.js';
import { apiEnvironment } from '../harness/environment.js';

let api: Api;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Ended {
  code: number;
  out: string;
  error: string;
}

/** `npm run admin -- …`, of the build that the suites run. */
function admin(args: string[], databaseUrl = apiEnvironment().DATABASE_URL): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['dist/users/admin.cli.js', ...args],
      { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl } },
      (failure, out, error) => resolve({ code: failure ? Number(failure.code) : 0, out, error }),
    );
  });
}

describe('npm run admin', () => {
  it('should make an administrator beside a running server, list him, and take the role away again', async () => {
    const user = await signUp(api.url);
    const email = user.user?.email ?? '';
    expect((await user.get('/api/users?limit=1')).status).toBe(403);

    expect(await admin(['grant', email.toUpperCase()])).toEqual({
      code: 0,
      out: `${email} is an administrator now.\n`,
      error: '',
    });
    expect((await user.get('/api/users?limit=1')).status).toBe(200);
    expect((await admin(['grant', email])).out).toContain('already');
    expect((await admin(['list'])).out).toContain(`${user.user?.id ?? ''}  ${email}`);

    expect(await admin(['revoke', user.user?.id ?? ''])).toMatchObject({ code: 0 });
    expect((await user.get('/api/users?limit=1')).status).toBe(403);
    expect((await admin(['list'])).out).not.toContain(email);
    expect((await admin(['revoke', email])).out).toContain('is no administrator');
  }, 20_000);

  it.each([[['grant', newEmail()]], [['revoke', randomUUID()]]])(
    'should say that nobody is %j',
    async (args) => {
      const { code, out, error } = await admin(args);
      expect([code, out]).toEqual([1, '']);
      expect(error).toContain(`No user has the e-mail ${args[1] ?? ''}`);
    },
  );

  it.each([[[]], [['grant']], [['list', 'x']], [['promote', 'x']], [['grant', 'a', 'b']]])(
    'should explain itself when it is asked for %j',
    async (args) => {
      const { code, error } = await admin(args);
      expect(code).toBe(2);
      expect(error).toContain('Usage:');
    },
  );

  it.each([
    ['a server that is not there', 'postgresql://u:hidden@127.0.0.1:1/x', 1, 'cannot be reached'],
    ['a URL that is none', 'hidden', 2, 'DATABASE_URL is not a URL'],
  ])('should say what is wrong with %s, without the password', async (_, url, code, text) => {
    const ended = await admin(['list'], url);
    expect(ended.code).toBe(code);
    expect(ended.error).toContain(text);
    expect(ended.error).not.toContain('hidden');
  });
});
