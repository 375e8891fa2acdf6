import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCommandLine } from '../src/cli/command.line.ts';

const BIN = fileURLToPath(new URL('../bin/local-supabase.js', import.meta.url));

describe('The command line', () => {
  let workdir: string;
  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-cli-'));
  });
  afterAll(() => rm(workdir, { recursive: true, force: true }));

  const launch = (...words: string[]): ChildProcess =>
    spawn(process.execPath, [BIN, ...words, '--workdir', workdir], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'development', NODE_OPTIONS: '--no-warnings' },
    });

  async function run(...words: string[]): Promise<{ code: number | null; output: string }> {
    const child = launch(...words);
    let output = '';
    const add = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout?.on('data', add);
    child.stderr?.on('data', add);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  it('should start, tell where it is, refuse a second one, stop, and reset', async () => {
    const ports = ['--port', '0', '--db-port', '0', '--inbox-port', '0'];
    expect(await run('status')).toMatchObject({
      code: 1,
      output: expect.stringContaining('No local Supabase') as unknown,
    });

    const started = launch('start', ...ports);
    const exited = once(started, 'exit');
    await new Promise<void>((resolve, reject) => {
      started.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('Ctrl+C')) resolve();
      });
      started.once('exit', () => reject(new Error('it ended')));
    });
    const status = await run('status', '-o', 'env', '--override-name', 'api.url=MY_URL');
    expect(status.output).toMatch(/^MY_URL="http:\/\/127\.0\.0\.1:\d+"\n/);
    expect(status.output).toContain('PUBLISHABLE_KEY="sb_publishable_');
    expect(status.output).toMatch(/^STORAGE_S3_URL="http.*\/storage\/v1\/s3"$/m);
    expect(status.output).toMatch(/^S3_PROTOCOL_REGION="local"$/m);
    expect(status.output).toMatch(/^FUNCTIONS_URL="http.*\/functions\/v1"$/m);
    const facts = JSON.parse((await run('status', '-o', 'json')).output) as Record<string, string>;
    expect(
      (await fetch(`${facts.API_URL ?? ''}/auth/v1/health`, { headers: { apikey: facts.ANON_KEY ?? '' } }))
        .status,
    ).toBe(200);
    for (const command of ['start', 'reset']) {
      expect(await run(command, ...ports)).toMatchObject({
        code: 1,
        output: expect.stringContaining('in use by process') as unknown,
      });
    }
    expect(await run('stop', '--no-backup')).toMatchObject({ code: 0, output: 'Stopped.\n' });
    expect(await exited).toEqual([0, null]);
    expect(await run('reset')).toMatchObject({ code: 0 });
  }, 90_000);

  it('should start in the background, say what keeps it from it, and be there already', async () => {
    const words = ['start', '-dx', 'studio', '--memory', '--db-port', '0', '--inbox-port', '0'];
    const other = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await run(...words, '--port', String(port))).toEqual({
      code: 1,
      output: expect.stringMatching(`^Port ${port} .*\n$`) as unknown,
    });
    await once(other.close(), 'close');

    const { code, output } = await run(...words, '--port', '0');
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('local-supabase stop') as unknown,
    });
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
    expect((await fetch(`${url}/auth/v1/health`)).status).toBeLessThan(500);
    expect(await run(...words, '--port', '0')).toMatchObject({
      code: 0,
      output: expect.stringContaining('It runs already') as unknown,
    });
    expect(await run('stop')).toEqual({ code: 0, output: 'Stopped.\n' });
    await expect(fetch(`${url}/auth/v1/health`)).rejects.toThrow('fetch failed');
  }, 90_000);

  it('should end with the shell that npm runs it in, which alone hears of signals', async () => {
    const folder = join(workdir, 'of-npm');
    await mkdir(folder);
    const words = [
      'start',
      '--memory',
      '--port',
      '0',
      '--db-port',
      '0',
      '--inbox-port',
      '0',
      '--workdir',
      folder,
    ];
    const script = ['node', BIN, ...words].map((word) => `'${word}'`).join(' ');
    const shell = spawn('sh', ['-c', `${script}; true`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_ENV: 'development', npm_lifecycle_event: 'supabase' },
    });
    let output = '';
    for await (const chunk of shell.stdout as AsyncIterable<Buffer>) {
      output += chunk.toString();
      // The end of what it prints is the end of the last process that could print.
      if (output.includes('Ctrl+C')) shell.kill('SIGTERM');
    }
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
    await expect(fetch(`${url}/auth/v1/health`)).rejects.toThrow('fetch failed');
  }, 60_000);

  it.each([
    [['dance'], 'unknown command'],
    [['start', '--port', 'x'], 'not a port'],
    [['start', '--nonsense'], 'nonsense'],
    [['start', '--memory', '--db-url', 'postgresql://x'], 'exclude each other'],
    [['status', '-o', 'xml'], '--output'],
    [['status', '--override-name', 'x'], '--override-name'],
    [['start', '-x', 'studio,nothing'], 'not nothing'],
  ])('should not understand %j', (words, message) => {
    expect(() => readCommandLine(words)).toThrow(message);
  });

  it('should understand what scripts say to the Supabase CLI', () => {
    expect(readCommandLine(['db', 'reset', '--debug']).command).toBe('reset');
    expect(readCommandLine(['stop', '--no-backup'])).toMatchObject({ command: 'stop', noBackup: true });
    const words = ['start', '-x', 'studio,gotrue', '--exclude', 'realtime', '--ignore-health-check'];
    expect(readCommandLine(words).excluded).toEqual(['auth', 'realtime']);
  });
});
