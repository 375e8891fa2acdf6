/**
 * What others notice of 5,000 idle connections, of slow clients and of a flood of forged tokens. See `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:connections
 *
 * BENCH_SECONDS (5) of each, BENCH_ROUNDS (3) in turn with calm ones. Ends with 1 when an aim is missed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { prepare, SUPABASE_URL } from '../hot-path/database.ts';
import { saturate } from '../hot-path/load.ts';
import { startServer } from '../hot-path/server.process.ts';
import { environment } from '../hot-path/variants.ts';
import { benchServer, measuredHere, median, whole } from '../machine.ts';
import { writeSection } from '../results.ts';
import { report } from './aims.ts';
import { Crowd } from './crowd.ts';
import { openLoop, quantile, type OpenLoopResult } from './open-loop.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const IDLE = 5_000;
const SLOW = 500;
/** Requests a second of the others: far from what the process can do, so that only what disturbs them is seen. */
const OTHERS = 300;
const FORGED = 1_000;
const HEADERS_TIMEOUT_MS = 2_000;
const MOST_SLOWER = 1.5;
const MOST_MEBIBYTES = 64;

const database = await prepare(benchServer(), 1_000);
const server = await startServer('hot-path/servers/supanest.server', {
  ...environment(database),
  HEADERS_TIMEOUT_MS: String(HEADERS_TIMEOUT_MS),
});
const url = `${server.url}/api/bench/metered`;
const others = (): Promise<OpenLoopResult> =>
  openLoop({ url, tokens: database.tokens, perSecond: OTHERS, seconds: SECONDS });
/** @param tokens - made beforehand, as making them takes the generator as long as sending them */
const forged = (tokens: readonly string[]): Promise<OpenLoopResult> =>
  openLoop({ url, tokens, perSecond: FORGED, seconds: SECONDS });

/** Medians of the others, calm and disturbed in turn, as a shared machine is another one a minute later. */
const calm: number[] = [];
const ratios: Record<'idle' | 'slow' | 'forged', number[]> = { idle: [], slow: [], forged: [] };
async function compare(what: keyof typeof ratios, disturb: () => Promise<() => void>): Promise<void> {
  const before = quantile((await others()).latencies, 0.5);
  const restore = await disturb();
  ratios[what].push(quantile((await others()).latencies, 0.5) / before);
  calm.push(before);
  restore();
}

try {
  await saturate({ url, tokens: database.tokens, connections: 256, seconds: 3 });
  await pause(500);
  const idleBefore = await server.residentCollected();
  let perThousand = 0;
  let cutOff = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await compare('idle', async () => {
      const crowd = new Crowd(server.url);
      await crowd.idle(IDLE);
      if (round === 0) perThousand = (((await server.residentCollected()) - idleBefore) / IDLE) * 1_000;
      return () => crowd.close();
    });
    await compare('slow', async () => {
      const crowd = new Crowd(server.url);
      await crowd.slow(SLOW);
      return () => {
        cutOff += crowd.cutOff;
        crowd.close();
      };
    });
    const tokens = forgedTokens(FORGED * SECONDS);
    await compare('forged', () => {
      const flood = forged(tokens);
      return Promise.resolve(() => void flood);
    });
    await pause(500);
  }

  const resident = await server.residentCollected();
  const idleCpu = await cpuOf(() => pause(1_000 * SECONDS));
  const tokens = forgedTokens(FORGED * SECONDS);
  const refusals = await cpuOf(async () => {
    const { other, due } = await forged(tokens);
    if (other['401'] !== due) throw new Error(`Not all were refused: ${JSON.stringify(other)}`);
  });
  const answers = await cpuOf(() => others());
  const microseconds = ((refusals - idleCpu) / (FORGED * SECONDS)) * 1e6;
  const answerMicroseconds = ((answers - idleCpu) / (OTHERS * SECONDS)) * 1e6;
  // Twenty times as many as any cache of tokens holds would show.
  await saturate({ url, tokens: forgedTokens(100_000), connections: 64, seconds: SECONDS });
  const uncollected = server.residentExactly() - resident;
  const grown = (await server.residentCollected()) - resident;

  const aims = (Object.keys(ratios) as (keyof typeof ratios)[]).map((what) => ({
    aim: `others ≤ ${String(MOST_SLOWER)} times as slow beside ${{ idle: `${whole(IDLE)} idle connections`, slow: `${whole(SLOW)} slow clients`, forged: `${whole(FORGED)} forged tokens a second` }[what]}`,
    found: `× ${median(ratios[what]).toFixed(2)}`,
    reached: median(ratios[what]) <= MOST_SLOWER,
  }));
  const text = [
    measuredHere(),
    `Others: ${whole(OTHERS)} metered requests a second, ${median(calm).toFixed(1)} ms (median of medians) when nothing else is there; ratios are those of ` +
      `stretches of ${String(SECONDS)} s next to each other, medians of ${String(ROUNDS)}. 1,000 idle connections take ${perThousand.toFixed(1)} MiB. A forged token, each ` +
      `another one, is refused for ${microseconds.toFixed(0)} µs of processor time (an answered metered request at this rate: ${answerMicroseconds.toFixed(0)} µs).`,
    report([
      ...aims,
      {
        aim: `slow clients are cut off (heads within ${String(HEADERS_TIMEOUT_MS / 1_000)} s)`,
        found: `${whole(cutOff)} of ${whole(SLOW * ROUNDS)}`,
        reached: cutOff === SLOW * ROUNDS,
      },
      {
        aim: `100,000 forged tokens leave ≤ ${String(MOST_MEBIBYTES)} MiB behind, after a collection of garbage`,
        found: `${grown.toFixed(0)} MiB (${uncollected.toFixed(0)} before a collection)`,
        reached: grown <= MOST_MEBIBYTES,
      },
    ]),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  writeSection('Connections and forged tokens', 'npm run bench:connections', text);
} finally {
  await server.stop();
  await database.drop();
}

/** Seconds of the server's processor time meanwhile. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = server.cpuSeconds();
  await work();
  return server.cpuSeconds() - before;
}

/** Of the right shape, each for somebody else, and not signed by Supabase. */
function forgedTokens(count: number): string[] {
  return Array.from({ length: count }, () =>
    jwt.sign(
      { role: 'authenticated', session_id: randomUUID() },
      'somebody else’s secret of thirty-two bytes',
      {
        subject: randomUUID(),
        audience: 'authenticated',
        issuer: `${SUPABASE_URL}/auth/v1`,
        expiresIn: '1d',
      },
    ),
  );
}
