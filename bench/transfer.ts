/**
 * What the API costs on the way of a file: how fast an upload and a download are through it and straight at the local
 * Supabase, in turns, how much processor time it takes for them, and how much its process grows meanwhile; with both kinds of
 * tokens.
 *
 *   npm run bench:transfer
 *
 * BENCH_MEBIBYTES sets the size of the file (1024), BENCH_ROUNDS the number of rounds (3). The client runs here, Supabase and
 * the built API in processes of their own. Memory is the highest resident size of the API's process in all rounds, less that
 * before the first (Linux). The ratio of the medians is what counts; processor time, which others on the machine disturb
 * least, is the lowest of all rounds. The outcome goes into bench/RESULTS.md, too.
 *
 * Ends with 1 where the API grew by more than BENCH_GROWTH (64) MiB, or a ratio is below BENCH_RATIO (0.7).
 */
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { startBuiltApi, startSupabase, type Measured } from './built-api.ts';
import { measuredHere, median } from './machine.ts';
import { writeSection } from './results.ts';

const MEBIBYTES = Number(process.env.BENCH_MEBIBYTES ?? 1_024);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
/** MiB that the API may grow by, whatever the file's size. */
const MOST_GROWTH = Number(process.env.BENCH_GROWTH ?? 64);
/** Of the speed straight at Supabase. */
const LEAST_RATIO = Number(process.env.BENCH_RATIO ?? 0.7);
const PIECES_PER_MEBIBYTE = 4;
const PIECE = Buffer.alloc(1_048_576 / PIECES_PER_MEBIBYTE, 'x');
const PASSWORD = 'correct horse';

/** Where a file is, for both methods, as whom, and which process answers. */
interface Way {
  url: string;
  headers: Record<string, string>;
  server: Measured<unknown>;
}

type Direction = 'up' | 'down';

/** One transfer: MiB a second, and the milliseconds of processor time that its server took for a MiB. */
interface Pass {
  speed: number;
  cpu: number;
}

type Passes = Record<Direction, Pass[]>;

const report: string[] = [];
const broken: string[] = [];
const supabase = await startSupabase();
try {
  await compare("Supabase's tokens", {});
  await compare('tokens of the API (API_SECRET_KEY)', { API_SECRET_KEY: 'k'.repeat(48) });
} finally {
  await supabase.stop();
}
writeSection(
  'Files',
  'npm run bench:transfer',
  `${measuredHere()}\n\n\`\`\`text\n${report.join('\n')}\n\`\`\``,
);
for (const limit of broken) console.error(`Not held: ${limit}`);
if (broken.length > 0) process.exitCode = 1;

function say(line: string): void {
  report.push(line);
  console.log(line);
}

function hold(limit: string, isHeld: boolean): void {
  if (!isHeld) broken.push(limit);
}

async function compare(title: string, overrides: Record<string, string>): Promise<void> {
  const api = await startBuiltApi(supabase, overrides);
  try {
    const [through, straight] = await waysOfNewUser(api);
    // So that code is compiled and pools are filled.
    for (const way of [through, straight]) await transfer(way, 8);

    const before = api.resident();
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, api.resident())), 20);
    const ofThrough: Passes = { up: [], down: [] };
    const ofStraight: Passes = { up: [], down: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      await measure(through, ofThrough);
      await measure(straight, ofStraight);
    }
    clearInterval(watch);

    say(
      `${title}: ${ROUNDS} × ${MEBIBYTES} MiB; the API ${before} MiB before, ${peak} MiB at most (+${peak - before})`,
    );
    hold(`${title}: at most +${MOST_GROWTH} MiB`, peak - before <= MOST_GROWTH);
    for (const direction of ['up', 'down'] as const) {
      const ratio = tell(direction, ofThrough[direction], ofStraight[direction]);
      hold(`${title}, ${direction}: a ratio of at least ${LEAST_RATIO}`, ratio >= LEAST_RATIO);
    }
  } finally {
    await api.stop();
  }
}

function tell(direction: Direction, through: Pass[], straight: Pass[]): number {
  const [speed, own] = [through, straight].map((passes) => median(passes.map((pass) => pass.speed)));
  const [cpu, ownCpu] = [through, straight].map((passes) => Math.min(...passes.map((pass) => pass.cpu)));
  const ratio = (speed ?? 0) / (own ?? 0);
  say(
    `  ${direction}: ${speed?.toFixed(0)} MiB/s through the API, ${own?.toFixed(0)} straight; ratio ${ratio.toFixed(2)}; ` +
      `processor time for a MiB ${cpu?.toFixed(2)} ms of the API, ${ownCpu?.toFixed(2)} ms of Supabase asked straight`,
  );
  return ratio;
}

/** A user's file through the API, and the same user's file straight at Supabase. */
async function waysOfNewUser(api: Measured<{ url: string }>): Promise<[Way, Way]> {
  const email = `${String(Date.now())}@example.com`;
  const credentials = { email, password: PASSWORD };
  const own = { apikey: supabase.said.publishableKey };
  const signedUp = await post(`${api.said.url}/api/auth/signup`, credentials);
  const signedIn = await post(`${supabase.said.url}/auth/v1/token?grant_type=password`, credentials, own);
  const folder = signedUp.user.id;
  return [
    {
      url: `${api.said.url}/api/storage/buckets/user-files/objects/${folder}/through`,
      headers: { authorization: `Bearer ${signedUp.access_token}` },
      server: api,
    },
    {
      url: `${supabase.said.url}/storage/v1/object/user-files/${folder}/straight`,
      headers: { ...own, authorization: `Bearer ${signedIn.access_token}` },
      server: supabase,
    },
  ];
}

async function measure(way: Way, passes: Passes): Promise<void> {
  const { up, down } = await transfer(way, MEBIBYTES);
  passes.up.push(up);
  passes.down.push(down);
}

/** Uploads a file, downloads it, and deletes it, which is not counted. */
async function transfer(way: Way, mebibytes: number): Promise<Record<Direction, Pass>> {
  const up = await timed(way, mebibytes, () => upload(way, mebibytes));
  const down = await timed(way, mebibytes, async () => {
    const asked = open('GET', way).end();
    const bytes = await lengthOf(((await once(asked, 'response')) as [IncomingMessage])[0]);
    if (bytes !== mebibytes * 1_048_576) throw new Error(`Received ${bytes} bytes`);
  });

  const { pathname } = new URL(way.url);
  const path = pathname.split('/').slice(-2).join('/');
  await fetch(`${supabase.said.url}/storage/v1/object/user-files/${path}`, {
    method: 'DELETE',
    headers: { apikey: supabase.said.secretKey },
  });
  return { up, down };
}

async function timed({ server }: Way, mebibytes: number, work: () => Promise<void>): Promise<Pass> {
  const [began, cpu] = [performance.now(), server.cpuSeconds()];
  await work();
  return {
    speed: (mebibytes * 1_000) / (performance.now() - began),
    cpu: ((server.cpuSeconds() - cpu) * 1_000) / mebibytes,
  };
}

async function upload(way: Way, mebibytes: number): Promise<void> {
  const sending = open('POST', way, { 'content-length': String(mebibytes * 1_048_576) });
  const stored = once(sending, 'response') as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < mebibytes * PIECES_PER_MEBIBYTE; sent += 1) {
    if (!sending.write(PIECE)) await once(sending, 'drain');
  }
  sending.end();
  await lengthOf((await stored)[0]);
}

function open(method: string, { url, headers }: Way, more: Record<string, string> = {}): ClientRequest {
  return request(url, { method, headers: { ...headers, ...more } });
}

async function lengthOf(answer: IncomingMessage): Promise<number> {
  let length = 0;
  answer.on('data', (piece: Buffer) => (length += piece.length));
  await once(answer, 'end');
  if ((answer.statusCode ?? 500) >= 300) throw new Error(`Answered ${String(answer.statusCode)}`);
  return length;
}

async function post(
  url: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ access_token: string; user: { id: string } }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { access_token: string; user: { id: string } };
}
