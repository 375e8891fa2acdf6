import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { writeSection } from '../results.ts';
import { generator, type LoadResult } from './load.ts';

/** One stretch of load on one variant. */
export interface Measured extends LoadResult {
  key: string;
  name: string;
  connections: number;
  /** Microseconds of processor time for one request: of the server, and of Postgres. */
  server: number;
  postgres: number;
}

export interface Run {
  measured: readonly Measured[];
  rounds: number;
  seconds: number;
  /** Requests a second. */
  halfOfPeak: number;
  calm: LoadResult | undefined;
  sql: (statement: string) => Promise<Record<string, unknown>[]>;
}

/** What each variant is meant to reach, as a ratio to another one at the same number of connections. */
const AIMS: readonly { of: string; to: string; at: number; connections?: number }[] = [
  { of: 'b', to: 'a', at: 0.85 },
  { of: 'c', to: 'a', at: 0.6 },
  { of: 'd', to: 'a', at: 0.4, connections: 256 },
  { of: 'd', to: 'e', at: 6 },
  { of: 'd', to: 'f', at: 1.5 },
];

/** Writes what a run has found into `bench/RESULTS.md`, and prints it. */
export async function writeReport(run: Run): Promise<void> {
  const [{ server_version: version, fsync } = {}] = await run.sql(
    `select current_setting('server_version') as server_version, current_setting('fsync') as fsync`,
  );
  const text = [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${String(cpus().length)} cores (${cpus()[0]?.model ?? '?'}), ` +
      `${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.versions.node}, PostgreSQL ${String(version)} ` +
      `(fsync ${String(fsync)}), commit ${commit()}, load by ${generator} on the same machine: ${String(run.rounds)} rounds ` +
      `of ${String(run.seconds)} s for each variant in turn. Medians, and the spread from the lowest to the highest round; µs are those of processor time for one request.`,
    table(run.measured),
    aims(run.measured),
    ...(run.calm
      ? [
          `At half its peak (${String(run.halfOfPeak)} requests a second, 64 connections), (d) answers in ` +
            `${run.calm.p50.toFixed(1)} ms (median) and ${run.calm.p99.toFixed(1)} ms (99 of 100); aim: at most 15 ms.`,
        ]
      : []),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  writeSection('Hot path', 'npm run bench', text);
}

function table(measured: readonly Measured[]): string {
  const rows = groups(measured).map(({ key, name, connections, values }) => {
    const median = medianOf(values.map(({ perSecond }) => perSecond));
    const lowest = Math.min(...values.map(({ perSecond }) => perSecond));
    const highest = Math.max(...values.map(({ perSecond }) => perSecond));
    const ratio = median / rateOf(measured, 'a', connections);
    const failed = values.reduce((sum, value) => sum + value.failed, 0);
    const middle = (of: 'server' | 'postgres'): string =>
      medianOf(values.map((value) => value[of])).toFixed(0);
    return `| ${key} | ${name} | ${String(connections)} | ${whole(median)} | ${whole(lowest)} to ${whole(highest)} | ${ratio.toFixed(2)} | ${middle('server')} | ${middle('postgres')} | ${medianOf(values.map(({ p50 }) => p50)).toFixed(1)} | ${medianOf(values.map(({ p99 }) => p99)).toFixed(1)} | ${String(failed)} |`;
  });
  return [
    '| | variant | connections | requests/s | spread | of a | server µs | Postgres µs | p50 ms | p99 ms | failed |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ]
    .join('\n')
    .replaceAll('NaN', '');
}

function aims(measured: readonly Measured[]): string {
  const rows = AIMS.flatMap(({ of, to, at, connections }) =>
    [...new Set(measured.map((one) => one.connections))]
      .filter((count) => connections === undefined || connections === count)
      .map((count) => {
        const ratio = rateOf(measured, of, count) / rateOf(measured, to, count);
        return Number.isNaN(ratio)
          ? ''
          : `| ${of} ≥ ${String(at)} ${to} | ${String(count)} | ${ratio.toFixed(2)} | ${ratio >= at ? 'yes' : '**no**'} |`;
      }),
  ).filter((row) => row !== '');
  return ['| aim | connections | ratio | reached |', '|---|---|---|---|', ...rows].join('\n');
}

interface Group {
  key: string;
  name: string;
  connections: number;
  values: Measured[];
}

function groups(measured: readonly Measured[]): Group[] {
  const found = new Map<string, Group>();
  for (const one of measured) {
    const id = `${String(one.connections)} ${one.key}`;
    const group = found.get(id) ?? {
      key: one.key,
      name: one.name,
      connections: one.connections,
      values: [],
    };
    group.values.push(one);
    found.set(id, group);
  }
  return [...found.values()];
}

/** The median of a variant; pgbench has one number for all. */
function rateOf(measured: readonly Measured[], key: string, connections: number): number {
  const all = measured.filter((one) => one.key === key && (key === 'f' || one.connections === connections));
  return medianOf(all.map(({ perSecond }) => perSecond));
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
}
