import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process has taken so far (Linux); none for one that is gone. */
export function processorSeconds(pid: number): number {
  try {
    const fields =
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

type Sql = (statement: string) => Promise<Record<string, unknown>[]>;

/** The same of each process that serves connections to this database, if Postgres runs on this machine. */
export async function postgresSeconds(sql: Sql): Promise<Map<number, number>> {
  const rows = await sql(
    'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  return new Map(rows.map(({ pid }) => [Number(pid), processorSeconds(Number(pid))]));
}

/** Seconds between two looks at the same processes; of those that have ended meanwhile nothing is known. */
export function secondsBetween(before: Map<number, number>, after: Map<number, number>): number {
  return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}
