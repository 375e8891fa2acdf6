import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../packages/client/src/cli/run.ts';
import { UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, PASSWORD } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { until } from '../harness/until.js';

const MAIN = join(import.meta.dirname, '../../packages/client/src/cli/main.ts');
const KEY = supabaseUnderTest().publishableKey;

let api: Api;
let home: string;
let email: string;

beforeAll(async () => {
  api = await startApi(UNHURRIED);
  home = await mkdtemp(join(tmpdir(), 'supanest-cli-'));
  email = newEmail();
  await supanest(['link', api.url, KEY]);
  await supanest(['signup', email], `${PASSWORD}\n`);
  await sql(
    `update supanest.profiles set subscription_tier = 'enterprise'
     where user_id = (select id from auth.users where email = $1)`,
    [email],
  );
});
afterAll(async () => {
  await api.close();
  await rm(home, { recursive: true });
});

interface Outcome {
  code: number;
  out: string;
  err: string;
}

/** One command line in a shell of its own, whose home stays. */
async function supanest(args: string[], input = '', isTerminal = false): Promise<Outcome> {
  const stream = (): PassThrough => Object.assign(new PassThrough(), { isTTY: isTerminal });
  const [stdout, stderr] = [stream(), stream()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await run(args, {
    stdin: Readable.from([Buffer.from(input)]),
    stdout,
    stderr,
    cwd: home,
    home,
    environment: {},
    signal: new AbortController().signal,
  });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

const json = async (args: string[], input?: string): Promise<unknown> =>
  JSON.parse((await supanest([...args, '--json'], input)).out);

describe('supanest', () => {
  it('should remember who has signed in for the next shell, wherever it is', async () => {
    const elsewhere = join(home, 'elsewhere');
    await mkdir(elsewhere);
    const inShell = (args: string[], input = ''): Promise<Outcome> =>
      new Promise((resolve) => {
        const options = { cwd: elsewhere, env: { HOME: home, PATH: process.env.PATH } };
        const child = execFile(
          process.execPath,
          ['--no-warnings', MAIN, ...args],
          options,
          (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
        );
        child.stdin?.end(input);
      });
    await expect(inShell(['login', email], `${PASSWORD}\n`)).resolves.toEqual({
      code: 0,
      out: `Signed in as ${email}\n`,
      err: '',
    });
    await expect(inShell(['credits'])).resolves.toMatchObject({ code: 0, out: '100 credits (enterprise)\n' });
    await expect(readFile(join(home, '.supabase.env'), 'utf8')).resolves.toBe(
      `SUPABASE_URL=${api.url}\nSUPABASE_KEY=${KEY}\nUSER_EMAIL=${email}\n`,
    );
    await expect(readFile(join(home, '.supanest/credentials.json'), 'utf8')).resolves.not.toContain(PASSWORD);
  });

  it('should show the account, for people and for programs', async () => {
    await expect(json(['whoami'])).resolves.toMatchObject({ email });
    await expect(json(['credits'])).resolves.toEqual({ credits: 100, subscription_tier: 'enterprise' });
    await expect(json(['transactions', '--limit', '1'])).resolves.toEqual([
      expect.objectContaining({ amount: 100 }),
    ]);
    const { out } = await supanest(['transactions']);
    expect(out).toMatch(/^when +amount +balance +what\n\S+ +100 +100 +\S/);
    expect(out).not.toContain('\u001b');
    expect((await supanest(['rates'], '', true)).out).toContain('\u001b[1m');
    await expect(json(['invoke', 'hello', '{"name": "Ada"}'])).resolves.toEqual({ message: 'Hello Ada!' });
    await expect(json(['invoke', 'hello', '-'], '{"name": "Bob"}')).resolves.toEqual({
      message: 'Hello Bob!',
    });
  });

  it('should move files', async () => {
    const file = join(home, 'cat.txt');
    await writeFile(file, 'meow');
    await expect(supanest(['storage', 'cp', file, 'me:pets/'])).resolves.toMatchObject({ code: 0 });
    await expect(supanest(['storage', 'cp', file, 'me:pets/cat.txt'])).resolves.toMatchObject({
      code: 4,
      err: expect.stringContaining('--force'),
    });
    await supanest(['storage', 'cp', '-', 'me:pets/cat.txt', '--force'], 'purr');
    await expect(supanest(['storage', 'cp', 'me:pets/cat.txt', '-'])).resolves.toMatchObject({
      code: 0,
      out: 'purr',
    });
    await expect(supanest(['storage', 'cp', 'me:pets/cat.txt', home])).resolves.toEqual({
      code: 1,
      out: '',
      err: `supanest: ${file} is there already; --force replaces it\n`,
    });
    await expect(supanest(['storage', 'cp', home, 'me:pets/'])).resolves.toMatchObject({
      code: 1,
      err: expect.stringContaining('is a folder'),
    });
    await expect(readFile(file, 'utf8')).resolves.toBe('meow');
    const { err } = await supanest(['storage', 'cp', 'me:pets/cat.txt', file, '-f'], '', true);
    expect(err).toContain('100 %');
    await expect(readFile(file, 'utf8')).resolves.toBe('purr');
    await expect(json(['storage', 'ls', 'me:pets'])).resolves.toEqual([
      expect.objectContaining({
        name: 'cat.txt',
        metadata: expect.objectContaining({ mimetype: 'text/plain' }),
      }),
    ]);
    const { out } = await supanest(['storage', 'url', 'me:pets/cat.txt']);
    await expect(fetch(out.trim()).then((answer) => answer.text())).resolves.toBe('purr');
    await expect(json(['storage', 'rm', 'me:pets/cat.txt', 'me:pets/dog.txt'])).resolves.toHaveLength(1);
    await expect(supanest(['storage', 'ls', 'me:pets'])).resolves.toMatchObject({ out: 'Nothing\n' });
    await expect(supanest(['storage', 'cp', file, file])).resolves.toMatchObject({ code: 2 });
  });

  it('should move tensors', async () => {
    const fixture = join(import.meta.dirname, '../../packages/client/test/fixtures/v1-float32.npy');
    const copy = join(home, 'copy.npy');
    await supanest(['tensor', 'put', 'weights', fixture]);
    await expect(json(['tensor', 'info', 'weights'])).resolves.toEqual({ dtype: 'float32', shape: [2, 3] });
    await expect(supanest(['tensor', 'put', 'weights', fixture])).resolves.toMatchObject({
      code: 4,
      err: 'supanest: weights is there already; --force replaces it\n',
    });
    await supanest(['tensor', 'get', 'weights', copy]);
    await expect(readFile(copy)).resolves.toEqual(await readFile(fixture));
    await expect(json(['tensor', 'ls'])).resolves.toEqual({ names: ['weights'], bytes: 152 });
    await supanest(['tensor', 'rm', 'weights']);
    await expect(json(['tensor', 'ls'])).resolves.toEqual({ names: [], bytes: 0 });
    await expect(supanest(['tensor', 'info', 'weights'])).resolves.toMatchObject({ code: 4 });
  });

  it('should listen', async () => {
    const heard = json(['listen', 'room-cli', '--count', '1']);
    const me = JSON.parse(await readFile(join(home, '.supanest/credentials.json'), 'utf8')) as {
      credentials: Record<string, { accessToken: string }>;
    };
    const headers = {
      authorization: `Bearer ${String(Object.values(me.credentials)[0]?.accessToken)}`,
      'content-type': 'application/json',
    };
    await until(async () => {
      const answer = await fetch(`${api.url}/api/realtime/subscriptions`, { headers });
      return ((await answer.json()) as unknown[]).length > 0;
    });
    const body = JSON.stringify({ event: 'said', payload: { text: 'hi' } });
    await fetch(`${api.url}/api/realtime/channels/room-cli/broadcast`, { method: 'POST', headers, body });
    await expect(heard).resolves.toMatchObject({ event: 'said', payload: { text: 'hi' } });
  });

  it('should end with the code it documents, and say why in a sentence', async () => {
    await expect(supanest(['--help'])).resolves.toMatchObject({
      code: 0,
      out: expect.stringContaining('Exit codes'),
    });
    await expect(supanest(['storage', '--help'])).resolves.toMatchObject({
      out: expect.stringContaining('Examples'),
    });
    await expect(supanest(['nothing'])).resolves.toMatchObject({ code: 2 });
    await expect(supanest(['transactions', '-n', 'x'])).resolves.toMatchObject({ code: 2 });
    await expect(supanest(['login', email], 'wrong password\n')).resolves.toMatchObject({ code: 3 });
    await expect(supanest(['login', email])).resolves.toMatchObject({ code: 2 });
    await expect(supanest(['login', email], PASSWORD, false)).resolves.toMatchObject({ code: 0 });
    await expect(supanest(['link', 'http://127.0.0.1:1', KEY])).resolves.toMatchObject({ code: 5 });
    await expect(supanest(['link', api.url, 'sb_publishable_wrong_wrong_wrong'])).resolves.toMatchObject({
      code: 2,
    });
    const refused = await supanest(['storage', 'ls', 'no-such-bucket:', '--json']);
    expect({ code: refused.code, err: JSON.parse(refused.err) as unknown }).toMatchObject({
      code: 4,
      err: { code: 'NOT_FOUND', status: 404, request_id: expect.any(String) },
    });
  });

  it('should ask for a password without showing it', async () => {
    const happened: string[] = [];
    const stderr = new PassThrough();
    stderr.on('data', (chunk: Buffer) => happened.push(chunk.toString()));
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (isRaw: boolean) => happened.push(isRaw ? 'hidden' : 'shown'),
    });
    const stdout = new PassThrough();
    const { signal } = new AbortController();
    const ending = run(['login', email], { stdin, stdout, stderr, cwd: home, home, environment: {}, signal });
    await until(() => happened.includes('Password: '));
    stdin.write(`${PASSWORD}\r`);
    await expect(ending).resolves.toBe(0);
    expect(happened).toEqual(['hidden', 'Password: ', 'shown', '\n']);
  });

  it.each(['bash', 'zsh', 'fish'])('should complete commands in %s', async (name) => {
    const { code, out } = await supanest(['completion', name]);
    expect(code).toBe(0);
    for (const command of ['whoami', 'transactions', 'ls cp rm url']) expect(out).toContain(command);
  });

  it('should complete the command behind options, too', async () => {
    const { out } = await supanest(['completion', 'bash']);
    const completed = (...words: string[]): string => {
      const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`;
      const script = `${out}${line}; COMP_CWORD=${String(words.length - 1)}; _supanest; echo "\${COMPREPLY[*]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim();
    };
    expect(completed('supanest', 'sto')).toBe('storage');
    expect(completed('supanest', '--json', '--url', 'http://x', 'storage', '')).toBe('ls cp rm url');
    expect(completed('supanest', '--j')).toBe('--json');
  });

  it('should sign out, and then not know anybody', async () => {
    await expect(supanest(['logout'])).resolves.toMatchObject({ code: 0 });
    await expect(supanest(['credits'])).resolves.toMatchObject({
      code: 3,
      err: expect.stringContaining('supanest login'),
    });
  });
});
