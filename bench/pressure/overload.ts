/**
 * Twice the load that the process can carry, for a minute: every request authenticated, counted and charged, sent when it
 * is due whether or not the others have been answered. See `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:overload
 *
 * BENCH_SECONDS (60) of overload, BENCH_FACTOR (2), BENCH_SOCKETS that listen (as many as the API has of itself). Ends with 1 when an aim is missed.
 */
import { prepare } from '../hot-path/database.ts';
import { saturate } from '../hot-path/load.ts';
import { startServer } from '../hot-path/server.process.ts';
import { environment } from '../hot-path/variants.ts';
import { benchServer, measuredHere, whole } from '../machine.ts';
import { writeSection } from '../results.ts';
import { report } from './aims.ts';
import { openLoop, quantile } from './open-loop.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 60);
const FACTOR = Number(process.env.BENCH_FACTOR ?? 2);
const MOST_MEBIBYTES = 512;
const MOST_MS = 1_000;
const MOST_SECONDS_TO_RECOVER = 5;
/** As good as the peak, given what one second's figure differs from another's on a shared machine. */
const FULL_SPEED = 0.85;

const database = await prepare(benchServer(), 1_000);
const server = await startServer('hot-path/servers/supanest.server', {
  ...environment(database),
  ...(process.env.BENCH_SOCKETS && { LISTENING_SOCKETS: process.env.BENCH_SOCKETS }),
});
try {
  const load = { url: `${server.url}/api/bench/metered`, tokens: database.tokens };
  const full = (seconds: number): Promise<number> =>
    saturate({ ...load, connections: 256, seconds }).then(({ perSecond }) => perSecond);
  await full(3);
  const peak = await full(5);
  const before = server.resident();

  let most = before;
  const watch = setInterval(() => (most = Math.max(most, server.resident())), 100);
  const result = await openLoop({ ...load, perSecond: FACTOR * peak, seconds: SECONDS });
  const ended = performance.now();
  clearInterval(watch);

  let recovered = Infinity;
  while (recovered === Infinity && performance.now() - ended < 30_000) {
    // The second that was full speed began when it had recovered.
    const began = performance.now();
    if ((await full(1)) >= FULL_SPEED * peak) recovered = (began - ended) / 1_000;
  }
  const kept = Math.round(await server.residentCollected());
  const [charges] = await database.sql(
    `select count(*) as rows, (select count(*) from supanest.ledger_violations()) as broken
     from supanest.credit_transactions where kind = 'charge'`,
  );

  const p99 = quantile(result.latencies, 0.99);
  const other = Object.entries(result.other).map(([what, count]) => `${whole(count)} ${what}`);
  const answered = result.accepted + result.refused;
  const text = [
    measuredHere(),
    `Peak ${whole(peak)} requests a second (metered, 256 connections); then ${whole(FACTOR * peak)} a second were due for ` +
      `${String(SECONDS)} s, over ${whole(result.connections)} connections at most. Accepted ${whole(result.accepted / SECONDS)} a second ` +
      `(${((100 * result.accepted) / SECONDS / peak).toFixed(0)} % of the peak), refused ${((100 * result.refused) / answered).toFixed(0)} % with 503 and ` +
      `\`Retry-After\`, in ${quantile(result.refusedLatencies, 0.5).toFixed(0)} ms (median) and ${quantile(result.refusedLatencies, 0.99).toFixed(0)} ms (99 of 100). ` +
      `Accepted ones took ${quantile(result.latencies, 0.5).toFixed(0)} ms (median). ${whole(Number(charges?.rows))} charges in the ledger.`,
    report([
      {
        aim: `resident memory ≤ ${String(MOST_MEBIBYTES)} MiB`,
        found: `${String(most)} MiB at most, ${String(before)} before, ${String(kept)} after it and a collection of garbage`,
        reached: most <= MOST_MEBIBYTES,
      },
      {
        aim: `99 of 100 accepted ≤ ${whole(MOST_MS)} ms`,
        found: `${whole(p99)} ms`,
        reached: p99 <= MOST_MS,
      },
      {
        aim: 'every request answered with 200, or 503 and `Retry-After`',
        found: other.join(', ') || 'all',
        reached: other.length === 0,
      },
      {
        aim: `full speed ${String(MOST_SECONDS_TO_RECOVER)} s after`,
        found: recovered === Infinity ? 'not within 30 s' : `after ${recovered.toFixed(1)} s`,
        reached: recovered <= MOST_SECONDS_TO_RECOVER,
      },
      {
        aim: 'the ledger is sound',
        found: `${String(charges?.broken)} violations`,
        reached: Number(charges?.broken) === 0,
      },
    ]),
    `Requests without a connection are those for which the generator had no connection left of its ${whole(result.connections)}, as all waited.`,
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  writeSection('Overload', 'npm run bench:overload', text);
} finally {
  await server.stop();
  await database.drop();
}
