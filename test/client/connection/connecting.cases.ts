import { describe, expect, it } from '@jest/globals';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import jwt from 'jsonwebtoken';
import {
  BackendUnreachableError,
  InvalidUrlError,
  MissingCredentialsError,
  MissingSettingsError,
  NotSignedInError,
  WrongCredentialsError,
  WrongKeyError,
} from '../../../packages/client/src/connection/connection.errors.ts';
import { linkTo, login, resume, signup } from '../../../packages/client/src/connection/connection.ts';
import { newEmail, PASSWORD } from '../../harness/caller.js';
import { supabaseUnderTest } from '../../harness/environment.js';
import { itLocally } from '../../harness/local-parts.js';
import { BACKENDS, type Machines } from './machines.js';

/** Who connects, and what is remembered of it. */
export function connecting(machines: Machines): void {
  const { api, key, machine } = machines;

  describe.each(BACKENDS)('a connection to a %s', (kind) => {
    const urlOf = (): string => machines.urlOf(kind);

    it('should be checked and remembered, without a password', async () => {
      const here = await machine();
      const email = newEmail();
      await writeFile(join(here.cwd, '.supabase.env'), '# mine\nOTHER=1\nSUPABASE_URL=http://old.example\n');
      await expect(linkTo(`${urlOf()}/`, key, undefined, here)).resolves.toBe(true);
      const file = join(here.cwd, '.supabase.env');
      await expect(readFile(file, 'utf8')).resolves.toBe(
        `# mine\nOTHER=1\nSUPABASE_URL=${urlOf()}\nSUPABASE_KEY=${key}\n`,
      );
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const answer = await signup(email, PASSWORD, undefined, undefined, here);
      expect(answer).toMatchObject({ user: { email }, accessToken: expect.any(String) });
      const store = await linkTo(urlOf(), key, { email, password: PASSWORD }, here);
      expect(await store.keys()).toEqual([]);
      await expect(readFile(file, 'utf8')).resolves.not.toContain(PASSWORD);
      await expect(login(email, PASSWORD, undefined, undefined, here)).resolves.toBeDefined();
      const again = await resume(email, here);
      await expect(again.length()).resolves.toBe(0);
    });

    itLocally(
      'should take each key of the project, publishable and legacy, and no key of another',
      async () => {
        const { anonKey, jwtSecret } = supabaseUnderTest();
        const here = await machine();
        await expect(linkTo(urlOf(), anonKey, undefined, here)).resolves.toBe(true);
        const email = newEmail();
        await expect(signup(email, PASSWORD, urlOf(), anonKey, here)).resolves.toMatchObject({
          user: { email },
        });
        await expect(login(email, PASSWORD, urlOf(), anonKey, here)).resolves.toBeDefined();
        const claims = { iss: 'supabase', ref: 'another', role: 'anon' };
        const foreign = [jwt.sign(claims, `${jwtSecret} of another`), `${key}x`, `${anonKey}x`, 'a b', '…'];
        for (const each of foreign) {
          await expect(linkTo(urlOf(), each, undefined, here)).rejects.toThrow(WrongKeyError);
        }
      },
    );

    it('should look at the argument first, then at the files, then at the environment', async () => {
      const email = newEmail();
      const here = await machine({
        SUPABASE_URL: urlOf(),
        SUPABASE_KEY: key,
        USER_EMAIL: email,
        USER_PASSWORD: PASSWORD,
      });
      await signup(undefined, undefined, undefined, undefined, here);
      await expect(login(undefined, undefined, undefined, undefined, here)).resolves.toBeDefined();
      await writeFile(join(here.home, '.supabase.env'), 'SUPABASE_KEY="not the key at all"\n');
      await expect(login(undefined, undefined, undefined, undefined, here)).rejects.toThrow(WrongKeyError);
      await writeFile(
        join(here.cwd, '.supabase.env'),
        `export SUPABASE_KEY='${key}'\nUSER_PASSWORD=wrong-one\n`,
      );
      await expect(login(undefined, undefined, undefined, undefined, here)).rejects.toThrow(
        WrongCredentialsError,
      );
      await expect(login(undefined, PASSWORD, undefined, undefined, here)).resolves.toBeDefined();
    });

    it('should say what is wrong, and remember nothing of it', async () => {
      const here = await machine();
      await expect(linkTo(urlOf(), 'sb_publishable_wrong_wrong_wrong', undefined, here)).rejects.toThrow(
        WrongKeyError,
      );
      await expect(linkTo(urlOf(), key, { email: newEmail(), password: PASSWORD }, here)).rejects.toThrow(
        WrongCredentialsError,
      );
      await expect(stat(join(here.cwd, '.supabase.env'))).rejects.toThrow('ENOENT');
      await expect(login('a@b.example', PASSWORD, urlOf(), undefined, here)).rejects.toMatchObject({
        name: 'MissingSettingsError',
        missing: ['SUPABASE_KEY'],
      });
      await expect(login('a@b.example', undefined, urlOf(), key, here)).rejects.toThrow(
        MissingCredentialsError,
      );
      const email = newEmail();
      await expect(signup(email, 'x', urlOf(), key, here)).rejects.toMatchObject({ name: 'ValidationError' });
      await signup(email, PASSWORD, urlOf(), key, here);
      await expect(signup(email, PASSWORD, urlOf(), key, here)).rejects.toMatchObject({
        name: 'ValidationError',
      });
    });

    it('should go on by itself when the access token is no longer taken', async () => {
      const here = await machine();
      const email = newEmail();
      await signup(email, PASSWORD, urlOf(), key, here);
      const store = await login(email, PASSWORD, urlOf(), key, here);
      await here.credentials?.update(`${email} at ${urlOf()}`, 'refused');
      await expect(store.keys()).resolves.toEqual([]);
    });
  });

  describe('a connection to nothing', () => {
    itLocally('should say so', async () => {
      const here = await machine();
      await expect(linkTo('http://127.0.0.1:1', key, undefined, here)).rejects.toThrow(
        BackendUnreachableError,
      );
      await expect(linkTo(supabaseUnderTest().inboxUrl, key, undefined, here)).rejects.toThrow(
        BackendUnreachableError,
      );
      await expect(linkTo('example.com', key, undefined, here)).rejects.toThrow(InvalidUrlError);
      await expect(linkTo('', '', undefined, here)).rejects.toThrow(
        'SUPABASE_URL and SUPABASE_KEY are not set',
      );
      await expect(login('a', 'b', undefined, undefined, here)).rejects.toThrow(MissingSettingsError);
      await expect(
        resume('a@b.example', { ...here, environment: { SUPABASE_URL: api.url, SUPABASE_KEY: key } }),
      ).rejects.toThrow(NotSignedInError);
    });
  });
}
