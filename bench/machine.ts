import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** Where and when something was measured, in one sentence for `bench/RESULTS.md`. */
export function measuredHere(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim();
  return (
    `Measured ${new Date().toISOString().slice(0, 10)} on ${String(cpus().length)} cores (${cpus()[0]?.model ?? '?'}), ` +
    `${String(Math.round(totalmem() / 2 ** 30))} GiB, Node ${process.versions.node}, commit ${commit}; server, database and ` +
    `generator on the same machine, its load average at the end ${(loadavg()[0] ?? 0).toFixed(1)}.`
  );
}

/** The PostgreSQL that benchmarks make their databases on. */
export function benchServer(): string {
  const url = process.env.BENCH_POSTGRES_URL;
  if (!url)
    throw new Error('BENCH_POSTGRES_URL is not set: the URL of a superuser of a PostgreSQL 15 or newer');
  return url;
}

/** The middle one of some values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** `12,345` */
export const whole = (value: number): string => Math.round(value).toLocaleString('en');
