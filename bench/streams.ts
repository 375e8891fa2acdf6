/**
 * What open event streams cost everybody else: how long other routes take with 1,000 of them and without, on one process.
 *
 *   npm run bench:streams
 *
 * Supabase and the built API run in processes of their own; 50 users have 20 subscriptions each, every one
 * with a reader. One caller asks two routes in turn, one request at a time, in rounds: first with no stream, then with all
 * of them idle, then while each hears one message a second. The ratio is what counts. BENCH_SECONDS sets the
 * length of a round (5). The outcome goes into bench/RESULTS.md, too.
 */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import pg from 'pg';
import { startBuiltApi, startSupabase } from './built-api.ts';
import { measuredHere, whole } from './machine.ts';
import { writeSection } from './results.ts';

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

const supabase = await startSupabase();
const api = await startBuiltApi(supabase, { TRUST_PROXY: '127.0.0.1' });
const { url } = api.said;
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

  report({ without, idle, busy }, messages - before);
} finally {
  await api.stop();
  await supabase.stop();
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

function report(rounds: Record<'without' | 'idle' | 'busy', Times>, heard: number): void {
  const rows = ROUTES.flatMap((route) =>
    [0.5, 0.99].map((quantile) => {
      const [none = 0, ...others] = Object.values(rounds).map((times) => at(times, route, quantile));
      const cells = others.map((time) => `${time.toFixed(2)} ms (× ${(time / none).toFixed(2)})`);
      const name = `\`${route}\`, ${quantile === 0.5 ? 'median' : '99 of 100'}`;
      return `| ${[name, `${none.toFixed(2)} ms`, ...cells].join(' | ')} |`;
    }),
  );
  const text = [
    `${measuredHere()} One request at a time, ${String(SECONDS)} s each; ${whole(heard)} messages reached the ` +
      `${whole(USERS * SUBSCRIPTIONS)} streams in the last round.`,
    ['| | no streams | all idle | a message a second each |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
  console.log(text);
  writeSection('Event streams', 'npm run bench:streams', text);
}

function at(times: Times, route: string, quantile: number): number {
  const list = times.get(route) ?? [];
  return list[Math.min(list.length - 1, Math.floor(list.length * quantile))] ?? Number.NaN;
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
  const client = new pg.Client({ connectionString: supabase.said.postgresUrl });
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
