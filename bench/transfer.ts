/**
 * What the API costs on the way of a file: how fast an upload and a download are through it and straight at the local
 * Supabase, in turns, and how much its process grows meanwhile; with both kinds of tokens.
 *
 *   npm run bench:transfer
 *
 * BENCH_MEBIBYTES sets the size of the file (1024), BENCH_ROUNDS the number of rounds (3). The client runs here, Supabase and
 * the built API in processes of their own. Memory is the highest resident size of the API's process in all rounds, less that
 * before the first (Linux). The ratio of the medians is what counts. The outcome goes into bench/RESULTS.md, too.
 *
 * Ends with 1 where the API grew by more than BENCH_GROWTH (64) MiB, or a ratio is below BENCH_RATIO (0.7).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { LocalSupabase } from '../packages/local-supabase/src/index.ts';
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

/** Where a file is, for both methods, and as whom. */
interface Way {
  url: string;
  headers: Record<string, string>;
}

interface Times {
  up: number[];
  down: number[];
}

const report: string[] = [];
const broken: string[] = [];
const supabaseProcess = run('bench/supabase.process.ts', {});
const supabase = await saysOnce<LocalSupabase>(supabaseProcess, () => true);
try {
  await compare("Supabase's tokens", {});
  await compare('tokens of the API (API_SECRET_KEY)', { API_SECRET_KEY: 'k'.repeat(48) });
} finally {
  await end(supabaseProcess);
}
writeSection('Files', 'npm run bench:transfer', `\`\`\`text\n${report.join('\n')}\n\`\`\``);
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
  const api = run('dist/main.js', {
    PORT: '0',
    SUPABASE_URL: supabase.url,
    SUPABASE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    SUPABASE_JWT_SECRET: supabase.jwtSecret,
    DATABASE_URL: supabase.postgresUrl,
    ...overrides,
  });
  try {
    const { url } = await saysOnce<{ msg: string; url: string }>(api, ({ msg }) => msg === 'listening');
    const [through, straight] = await waysOfNewUser(url);
    // So that code is compiled and pools are filled.
    for (const way of [through, straight]) await transfer(way, 8);

    const before = residentMebibytes(api);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentMebibytes(api))), 20);
    const throughTimes: Times = { up: [], down: [] };
    const straightTimes: Times = { up: [], down: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      await measure(through, throughTimes);
      await measure(straight, straightTimes);
    }
    clearInterval(watch);

    say(
      `${title}: ${ROUNDS} × ${MEBIBYTES} MiB; the API ${before} MiB before, ${peak} MiB at most (+${peak - before})`,
    );
    hold(`${title}: at most +${MOST_GROWTH} MiB`, peak - before <= MOST_GROWTH);
    for (const direction of ['up', 'down'] as const) {
      const speed = median(throughTimes[direction]);
      const own = median(straightTimes[direction]);
      say(
        `  ${direction}: ${speed.toFixed(0)} MiB/s through the API, ${own.toFixed(0)} straight; ratio ${(speed / own).toFixed(2)}`,
      );
      hold(`${title}, ${direction}: a ratio of at least ${LEAST_RATIO}`, speed / own >= LEAST_RATIO);
    }
  } finally {
    await end(api);
  }
}

/** A user's file through the API, and the same user's file straight at Supabase. */
async function waysOfNewUser(api: string): Promise<[Way, Way]> {
  const email = `${String(Date.now())}@example.com`;
  const credentials = { email, password: PASSWORD };
  const own = { apikey: supabase.publishableKey };
  const signedUp = await post(`${api}/api/auth/signup`, credentials);
  const signedIn = await post(`${supabase.url}/auth/v1/token?grant_type=password`, credentials, own);
  const folder = signedUp.user.id;
  return [
    {
      url: `${api}/api/storage/buckets/user-files/objects/${folder}/through`,
      headers: { authorization: `Bearer ${signedUp.access_token}` },
    },
    {
      url: `${supabase.url}/storage/v1/object/user-files/${folder}/straight`,
      headers: { ...own, authorization: `Bearer ${signedIn.access_token}` },
    },
  ];
}

async function measure(way: Way, times: Times): Promise<void> {
  const { up, down } = await transfer(way, MEBIBYTES);
  times.up.push(up);
  times.down.push(down);
}

/** Uploads a file, downloads it, and deletes it, which is not counted. @returns MiB a second */
async function transfer(way: Way, mebibytes: number): Promise<{ up: number; down: number }> {
  const upBegan = performance.now();
  const upload = open('POST', way, { 'content-length': String(mebibytes * 1_048_576) });
  const stored = once(upload, 'response') as Promise<[IncomingMessage]>;
  for (let sent = 0; sent < mebibytes * PIECES_PER_MEBIBYTE; sent += 1) {
    if (!upload.write(PIECE)) await once(upload, 'drain');
  }
  upload.end();
  await lengthOf((await stored)[0]);
  const up = performance.now() - upBegan;

  const downBegan = performance.now();
  const download = open('GET', way).end();
  const bytes = await lengthOf(((await once(download, 'response')) as [IncomingMessage])[0]);
  const down = performance.now() - downBegan;
  if (bytes !== mebibytes * 1_048_576) throw new Error(`Received ${bytes} bytes`);

  const { pathname } = new URL(way.url);
  const path = pathname.split('/').slice(-2).join('/');
  await fetch(`${supabase.url}/storage/v1/object/user-files/${path}`, {
    method: 'DELETE',
    headers: { apikey: supabase.secretKey },
  });
  return { up: (mebibytes * 1_000) / up, down: (mebibytes * 1_000) / down };
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

function run(script: string, environment: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...environment },
  });
}

/** The first line of JSON for which `isIt`; all others are read, so that a full pipe never stops the process. */
function saysOnce<T>(child: ChildProcess, isIt: (line: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The process has ended with ${String(code)}`)));
    if (!child.stdout) throw new Error('The process has no output');
    createInterface(child.stdout).on('line', (line) => {
      const entry = JSON.parse(line) as T;
      if (isIt(entry)) resolve(entry);
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function residentMebibytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024);
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
