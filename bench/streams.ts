/**
 * What open event streams cost everybody else: how long other routes take with 1,000 of them and without, on one process.
 *
 *   npm run build && node bench/streams.ts
 *
 * Starts a local Supabase here and the built API in a process of its own; 50 users have 20 subscriptions each, every one
 * with a reader. One caller asks two routes in turn, one request at a time, in rounds: first with no stream, then with all
 * of them idle, then while each hears one message a second. The ratio is what counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { startLocalSupabase } from '../packages/local-supabase/src/index.ts';

const USERS = 50;
const SUBSCRIPTIONS = 20;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const ROUTES = ['/api/health', '/api/credits'];
const CHANNEL = 'bench';
const REALTIME = '/api/realtime';

interface User {
  token: string;
  address: string;
}

const supabase = await startLocalSupabase({ ports: { api: 0, db: 0, inbox: 0 }, memory: true, quiet: true });
const api = spawn(process.execPath, ['dist/main.js'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    SUPABASE_URL: supabase.url,
    SUPABASE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    SUPABASE_JWT_SECRET: supabase.jwtSecret,
    DATABASE_URL: supabase.postgresUrl,
    TRUST_PROXY: '127.0.0.1',
  },
});
const url = await new Promise<string>((resolve, reject) => {
  api.once('exit', (code) => reject(new Error(`The API has ended with ${String(code)}`)));
  createInterface(api.stdout).on('line', (line) => {
    const entry = JSON.parse(line) as { msg?: string; url?: string };
    if (entry.msg === 'listening' && entry.url !== undefined) resolve(entry.url);
  });
});
let messages = 0;

try {
  const users: User[] = [];
  for (let index = 0; index < USERS; index += 1) users.push(await signUp(index));
  await withoutQuota();
  const [caller] = users;
  if (!caller) throw new Error('There is nobody');
  await measure(caller, 1);

  const without = await measure(caller, SECONDS);
  for (const user of users) for (let count = 0; count < SUBSCRIPTIONS; count += 1) await openStream(user);
  const idle = await measure(caller, SECONDS);
  const timer = setInterval(() => void broadcast(caller), 1_000);
  const before = messages;
  const busy = await measure(caller, SECONDS);
  clearInterval(timer);

  console.log(
    `${String(USERS * SUBSCRIPTIONS)} streams; ${String(messages - before)} messages in the last round`,
  );
  for (const route of ROUTES) {
    console.log(
      `${route}: median ${ms(without, route, 0.5)} without, ${ms(idle, route, 0.5)} idle (${ratio(idle, without, route, 0.5)}), ` +
        `${ms(busy, route, 0.5)} busy (${ratio(busy, without, route, 0.5)}); ` +
        `99th percentile ${ms(without, route, 0.99)}, ${ms(idle, route, 0.99)} (${ratio(idle, without, route, 0.99)}), ` +
        `${ms(busy, route, 0.99)} (${ratio(busy, without, route, 0.99)})`,
    );
  }
} finally {
  const ended = once(api, 'exit');
  api.kill('SIGTERM');
  await ended;
  await supabase.close();
}

type Times = Map<string, number[]>;

/** Milliseconds by route, sorted. */
async function measure(user: User, seconds: number): Promise<Times> {
  const times: Times = new Map(ROUTES.map((route) => [route, []]));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    for (const route of ROUTES) {
      const began = performance.now();
      const answer = await ask(user, route, agent);
      answer.resume();
      await once(answer, 'end');
      if (answer.statusCode !== 200) throw new Error(`${route} answered ${String(answer.statusCode)}`);
      times.get(route)?.push(performance.now() - began);
    }
  }
  agent.destroy();
  for (const list of times.values()) list.sort((a, b) => a - b);
  return times;
}

function at(times: Times, route: string, quantile: number): number {
  const list = times.get(route) ?? [];
  return list[Math.min(list.length - 1, Math.floor(list.length * quantile))] ?? Number.NaN;
}

function ms(times: Times, route: string, quantile: number): string {
  return `${at(times, route, quantile).toFixed(2)} ms`;
}

function ratio(times: Times, base: Times, route: string, quantile: number): string {
  return `× ${(at(times, route, quantile) / at(base, route, quantile)).toFixed(2)}`;
}

async function openStream(user: User): Promise<void> {
  const answer = await post<{ subscription_id: string }>(user, `${REALTIME}/subscriptions`, {
    channel: CHANNEL,
  });
  const stream = await ask(user, `${REALTIME}/subscriptions/${answer.subscription_id}/events`);
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    messages += text.split('\ndata: ').length - 1;
  });
  stream.on('error', () => undefined);
}

function broadcast(user: User): Promise<unknown> {
  return post(user, `${REALTIME}/channels/${CHANNEL}/broadcast`, {
    event: 'tick',
    payload: { at: Date.now() },
  });
}

async function signUp(index: number): Promise<User> {
  const address = `10.0.0.${String(index + 1)}`;
  const body = { email: `${String(index)}@example.com`, password: 'correct horse' };
  const { access_token: token } = await post<{ access_token: string }>(
    { token: '', address },
    '/api/auth/signup',
    body,
  );
  return { token, address };
}

/** Administrators have no daily limit. */
async function withoutQuota(): Promise<void> {
  const client = new pg.Client({ connectionString: supabase.postgresUrl });
  await client.connect();
  await client.query("update supanest.profiles set role = 'admin'");
  await client.end();
}

async function ask(user: User, path: string, agent?: Agent): Promise<IncomingMessage> {
  const request = get(`${url}${path}`, {
    headers: headersOf(user),
    ...(agent ? { agent } : { agent: false }),
  });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return answer;
}

async function post<T>(user: User, path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headersOf(user), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${String(answer.status)}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

function headersOf({ token, address }: User): Record<string, string> {
  return { 'x-forwarded-for': address, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
}
