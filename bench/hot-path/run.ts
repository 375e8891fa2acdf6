/**
 * The hot path, side by side in one run: see `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench
 *
 * BENCH_ROUNDS (5), BENCH_SECONDS (5) of each variant in a round, BENCH_CONNECTIONS (64,256), BENCH_VARIANTS (abcdef).
 */
import { prepare } from './database.ts';
import { atRate, saturate, type LoadResult } from './load.ts';
import { chargeByPgbench } from './pgbench.ts';
import { postgresSeconds, secondsBetween } from './processor.ts';
import { writeReport, type Measured } from './report.ts';
import { startServer, type ServerProcess } from './server.process.ts';
import { environment, variants } from './variants.ts';

const USERS = 1_000;
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const connections = (process.env.BENCH_CONNECTIONS ?? '64,256').split(',').map(Number);
const chosen = process.env.BENCH_VARIANTS ?? 'abcdef';
/** Postgres takes 100 connections as it comes. */
const PGBENCH_CLIENTS = 64;

const server = process.env.BENCH_POSTGRES_URL;
if (!server)
  throw new Error('BENCH_POSTGRES_URL is not set: the URL of a superuser of a PostgreSQL 15 or newer');
const database = await prepare(server, USERS);
const servers = new Map<string, ServerProcess>();

try {
  const taken = variants.filter(({ key }) => chosen.includes(key));
  for (const variant of taken) {
    if (!servers.has(variant.server)) {
      servers.set(variant.server, await startServer(variant.server, environment(database)));
    }
  }
  const loadOf = (variant: (typeof variants)[number], count: number, time: number): Promise<LoadResult> => {
    const running = servers.get(variant.server);
    if (!running) throw new Error(`${variant.server} does not run`);
    const tokens = variant.authenticated ? database.tokens : [];
    return saturate({ url: running.url + variant.path, tokens, connections: count, seconds: time });
  };

  /** One stretch of load, and what it took of the processor. */
  const measure = async (variant: (typeof variants)[number], count: number): Promise<Measured> => {
    const running = servers.get(variant.server);
    const before = running?.cpuSeconds() ?? 0;
    const postgresBefore = await postgresSeconds(database.sql);
    const result = await loadOf(variant, count, seconds);
    const each = (spent: number): number => (spent * 1e6) / (result.perSecond * seconds);
    const server = each((running?.cpuSeconds() ?? 0) - before);
    const postgres = each(secondsBetween(postgresBefore, await postgresSeconds(database.sql)));
    return { key: variant.key, name: variant.name, connections: count, server, postgres, ...result };
  };

  const measured: Measured[] = [];
  for (const count of connections) {
    for (const variant of taken) await loadOf(variant, count, 2);
    for (let round = 0; round < rounds; round += 1) {
      for (const variant of taken) {
        const result = await measure(variant, count);
        measured.push(result);
        process.stderr.write(
          `${String(count)} ${variant.key} ${result.perSecond.toFixed(0)}/s, ${result.server.toFixed(0)} + ${result.postgres.toFixed(0)} µs, ` +
            `p99 ${result.p99.toFixed(1)} ms, failed ${String(result.failed)}\n`,
        );
      }
      if (chosen.includes('f') && count === connections[0]) {
        const perSecond = await chargeByPgbench({
          url: database.url,
          users: USERS,
          clients: PGBENCH_CLIENTS,
          seconds,
        });
        measured.push({
          key: 'f',
          name: `pgbench, one charge a transaction (${String(PGBENCH_CLIENTS)} clients)`,
          connections: count,
          perSecond,
          server: NaN,
          postgres: NaN,
          p50: NaN,
          p99: NaN,
          failed: 0,
        });
        process.stderr.write(`pgbench ${perSecond.toFixed(0)}/s\n`);
      }
    }
  }
  const [halfOfPeak, calm] = await latencyAtHalf(measured);
  await writeReport({ measured, rounds, seconds, halfOfPeak, calm, sql: database.sql });
} finally {
  for (const running of servers.values()) await running.stop();
  await database.drop();
}

/** What an answer of (d) takes at half of what it can do. */
async function latencyAtHalf(measured: readonly Measured[]): Promise<[number, LoadResult | undefined]> {
  const variant = variants.find(({ key }) => key === 'd');
  const running = variant && servers.get(variant.server);
  const peak = Math.max(0, ...measured.filter(({ key }) => key === 'd').map(({ perSecond }) => perSecond));
  if (!running || peak === 0) return [0, undefined];
  const rate = Math.round(peak / 2);
  const load = {
    url: running.url + variant.path,
    tokens: database.tokens,
    connections: 64,
    seconds: 2 * seconds,
  };
  return [rate, await atRate(load, rate)];
}
