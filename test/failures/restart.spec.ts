import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';

const BIN = 'packages/local-supabase/bin/local-supabase.js';

let folder: string;
let ports: number[];
let supabase: ChildProcess;
let api: Api;

/** The whole local Supabase, Postgres and all, as a process that can be killed. */
async function startSupabase(): Promise<ChildProcess> {
  const [port, dbPort, inboxPort] = ports.map(String) as [string, string, string];
  const child = spawn(
    process.execPath,
    [BIN, 'start', '--data-dir', folder, '--port', port, '--db-port', dbPort, '--inbox-port', inboxPort],
    { stdio: 'ignore' },
  );
  const { publishableKey } = supabaseUnderTest();
  for (let status = 0; status !== 200;) {
    await pause(50);
    if (child.exitCode !== null) throw new Error('The local Supabase has ended');
    const answer = await fetch(`http://127.0.0.1:${port}/auth/v1/health`, {
      headers: { apikey: publishableKey },
    }).catch(() => undefined);
    status = answer?.status ?? 0;
  }
  return child;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const found = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return found;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'supanest-restart-'));
  ports = await freePorts(3);
  supabase = await startSupabase();
  // The keys are the well-known ones, the same for every local Supabase.
  api = await startApi({
    SUPABASE_URL: `http://127.0.0.1:${String(ports[0])}`,
    DATABASE_URL: `postgresql://postgres:postgres@127.0.0.1:${String(ports[1])}/postgres`,
    LOG_LEVEL: 'silent',
  });
}, 120_000);

afterAll(async () => {
  await api.close();
  const ended = once(supabase, 'exit');
  supabase.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

describe('Supabase and Postgres, killed and started again under a running API', () => {
  it('should cost the requests in between a 503, and nothing else', async () => {
    const user = await signUp(api.url);
    expect((await user.get('/api/credits')).status).toBe(200);

    const ended = once(supabase, 'exit');
    supabase.kill('SIGKILL');
    await ended;
    const between = await Promise.all([
      user.get('/api/credits'),
      new Caller(api.url).post('/api/auth/login', { email: user.user?.email, password: PASSWORD }),
    ]);
    expect(between.map((answer) => answer.status)).toEqual([503, 503]);
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);

    supabase = await startSupabase();
    // The token, the session, the count and the credits are those from before.
    const after = await user.get('/api/credits');
    expect(after).toMatchObject({ status: 200, body: { credits: 100, subscription_tier: 'free' } });
    expect(after.headers.get('x-ratelimit-remaining')).toBe('98');
    const login = await new Caller(api.url).post('/api/auth/login', {
      email: user.user?.email,
      password: PASSWORD,
    });
    expect(login.status).toBe(200);
  }, 120_000);
});
