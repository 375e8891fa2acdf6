/**
 * Four processes of the API behind nginx (`docs/nginx.conf`) on one Postgres: what holds over all of them while they are under
 * load, and how much 1, 2 and 4 can do. See `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:replicas
 *
 * BENCH_ROUNDS (5), BENCH_SECONDS (3) of each in a round; BENCH_CHECK=1: only what holds. Ends with 1 when something does not.
 */
import { prepare } from '../hot-path/database.ts';
import { saturate, type LoadResult } from '../hot-path/load.ts';
import { startServer, type ServerProcess } from '../hot-path/server.process.ts';
import { environment } from '../hot-path/variants.ts';
import { benchServer, measuredHere, median, whole } from '../machine.ts';
import { report } from '../pressure/aims.ts';
import { writeSection } from '../results.ts';
import { startBalancer, type Balancer } from './balancer.ts';
import { check } from './checks.ts';

const ROUNDS = process.env.BENCH_CHECK === '1' ? 0 : Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const USERS = 1_000;
const COUNTS = [1, 2, 4];
/** The checks' own. */
const RESERVED = 5;

const database = await prepare(benchServer(), USERS);
const servers: ServerProcess[] = [];
const balancers: Balancer[] = [];
try {
  for (let count = 0; count < 4; count += 1) {
    const env = { ...environment(database), TRUST_PROXY: '127.0.0.1', DATABASE_POOL_SIZE: '6' };
    servers.push(await startServer('hot-path/servers/supanest.server', env));
  }
  for (const count of COUNTS)
    balancers.push(await startBalancer(servers.slice(0, count).map(({ url }) => url)));
  const load = (url: string, seconds: number, connections = 256): Promise<LoadResult> =>
    saturate({
      url: `${url}/api/bench/metered`,
      tokens: database.tokens.slice(RESERVED),
      connections,
      seconds,
    });

  const all = balancers.at(-1)?.url ?? '';
  const enough = new AbortController();
  let during = 0;
  const background = (async () => {
    while (!enough.signal.aborted) during = (await load(all, 2, 64)).perSecond;
  })();
  const found = await check({ url: all, database, users: [0, 1, 2, 3, 4] });
  enough.abort();
  await background;

  const places = [{ name: 'one process, without nginx', url: servers[0]?.url ?? '' }];
  for (const [index, count] of COUNTS.entries()) {
    places.push({ name: `${String(count)} behind nginx`, url: balancers[index]?.url ?? '' });
  }
  const measured = new Map<string, LoadResult[]>(places.map(({ name }) => [name, []]));
  for (let round = ROUNDS > 0 ? -1 : 0; round < ROUNDS; round += 1) {
    for (const { name, url } of places) {
      const result = await load(url, SECONDS);
      // The first round warms up.
      if (round >= 0) measured.get(name)?.push(result);
    }
  }
  const rows = [...measured].map(([name, results]) => {
    const rates = results.map(({ perSecond }) => perSecond);
    const of = (key: 'p50' | 'p99'): string => median(results.map((result) => result[key])).toFixed(1);
    const failed = results.reduce((sum, result) => sum + result.failed, 0);
    return `| ${name} | ${whole(median(rates))} | ${whole(Math.min(...rates))} to ${whole(Math.max(...rates))} | ${of('p50')} | ${of('p99')} | ${String(failed)} |`;
  });
  const text = [
    measuredHere(),
    `While four processes answered ${whole(during)} other metered requests a second:`,
    report(found),
    ...(ROUNDS > 0
      ? [
          `Metered requests a second, 256 connections, ${String(ROUNDS)} rounds of ${String(SECONDS)} s in turn. The processes, Postgres, nginx and the ` +
            'generator share the cores named above: where one process and Postgres already take them all, more processes cannot do more.',
          [
            '| | requests/s | spread | p50 ms | p99 ms | failed |',
            '| --- | --- | --- | --- | --- | --- |',
            ...rows,
          ].join('\n'),
        ]
      : []),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  if (ROUNDS > 0) writeSection('Replicas', 'npm run bench:replicas', text);
} finally {
  for (const balancer of balancers) await balancer.stop();
  for (const server of servers) await server.stop();
  await database.drop();
}
