/**
 * Half of the load the process can carry, for ten minutes: does its memory grow? See `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:steady
 *
 * BENCH_SECONDS (600) that count, after BENCH_WARM_UP (300) of the same load, in which the heap gets the size that this load
 * gives it; BENCH_RATE, requests a second, if not half the peak. Ends with 1 when memory grows.
 */
import { prepare } from '../hot-path/database.ts';
import { saturate } from '../hot-path/load.ts';
import { startServer } from '../hot-path/server.process.ts';
import { environment } from '../hot-path/variants.ts';
import { benchServer, measuredHere, whole } from '../machine.ts';
import { writeSection } from '../results.ts';
import { report } from './aims.ts';
import { openLoop, quantile } from './open-loop.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 600);
const WARM_UP_SECONDS = Number(process.env.BENCH_WARM_UP ?? 300);
/** So that a second in which the machine stands still is not followed by a burst over thousands, which would be overload. */
const MOST_CONNECTIONS = 256;
/** MiB a minute: what collections of garbage leave to chance, and still 1.4 GiB a day. */
const MOST_GROWTH = 1;

const database = await prepare(benchServer(), 1_000);
const server = await startServer('hot-path/servers/supanest.server', environment(database));
try {
  const load = {
    url: `${server.url}/api/bench/metered`,
    tokens: database.tokens,
    maxConnections: MOST_CONNECTIONS,
  };
  // Full load first, so that the heap has the size that bursts give it.
  await saturate({ ...load, connections: MOST_CONNECTIONS, seconds: 15 });
  const peak = (await saturate({ ...load, connections: MOST_CONNECTIONS, seconds: 5 })).perSecond;
  const perSecond = Number(process.env.BENCH_RATE ?? peak / 2);

  const keptBefore = await server.residentCollected();
  const samples: { minute: number; mebibytes: number }[] = [];
  await openLoop({ ...load, perSecond, seconds: WARM_UP_SECONDS });
  const began = performance.now();
  const watch = setInterval(() => {
    samples.push({ minute: (performance.now() - began) / 60_000, mebibytes: server.residentExactly() });
  }, 1_000);
  const result = await openLoop({ ...load, perSecond, seconds: SECONDS });
  clearInterval(watch);
  const keptAfter = await server.residentCollected();

  const slope = slopeOf(samples);
  const sizes = samples.map(({ mebibytes }) => mebibytes);
  const third = Math.floor(sizes.length / 3);
  const mean = (values: number[]): string =>
    (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(0);
  const failed = result.due - result.accepted;
  const text = [
    measuredHere(),
    `${whole(perSecond)} metered requests a second for ${String(SECONDS)} s, ${whole(result.accepted)} answered, ${whole(failed)} refused or without a free one of ` +
      `${String(MOST_CONNECTIONS)} connections; ` +
      `${quantile(result.latencies, 0.5).toFixed(1)} ms (median), ${quantile(result.latencies, 0.99).toFixed(1)} ms (99 of 100). Resident memory, after ` +
      `${String(WARM_UP_SECONDS)} s of the same: from ${Math.min(...sizes).toFixed(0)} to ${Math.max(...sizes).toFixed(0)} MiB, ` +
      `${mean(sizes.slice(0, third))}, ${mean(sizes.slice(third, 2 * third))} and ${mean(sizes.slice(2 * third))} MiB in the thirds of that time on average; ` +
      `after a collection of garbage ${keptBefore.toFixed(0)} MiB before it all and ${keptAfter.toFixed(0)} MiB at the end.`,
    report([
      {
        aim: `memory grows by ≤ ${String(MOST_GROWTH)} MiB a minute (least squares)`,
        found: `${slope.toFixed(2)} MiB a minute`,
        reached: slope <= MOST_GROWTH,
      },
    ]),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  writeSection('Steady load', 'npm run bench:steady', text);
} finally {
  await server.stop();
  await database.drop();
}

/** MiB a minute. */
function slopeOf(samples: readonly { minute: number; mebibytes: number }[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const x = mean(samples.map(({ minute }) => minute));
  const y = mean(samples.map(({ mebibytes }) => mebibytes));
  const together = samples.reduce((sum, { minute, mebibytes }) => sum + (minute - x) * (mebibytes - y), 0);
  return together / samples.reduce((sum, { minute }) => sum + (minute - x) ** 2, 0);
}
