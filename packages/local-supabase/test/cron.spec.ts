import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { JobTimer } from '../src/cron/job.timer.ts';
import { readSchedule } from '../src/cron/schedule.ts';
import { startLocalSupabase } from './harness/worker.ts';
import type { LocalSupabase } from './harness/worker.ts';
import { until } from './storage/harness/files.ts';

const FRIDAY = Date.parse('2026-02-20T10:00:30Z');

describe('readSchedule', () => {
  it.each([
    ['* * * * *', '2026-02-20T10:01'],
    ['*/15 * * * *', '2026-02-20T10:15'],
    ['7-59/20 * * * *', '2026-02-20T10:07'],
    ['30 3 * * 6', '2026-02-21T03:30'],
    ['0 3 * * 7', '2026-02-22T03:00'],
    ['0 3 * * MON-fri', '2026-02-23T03:00'],
    ['0 0 $ * *', '2026-02-28T00:00'],
    ['0 0 29 feb *', '2028-02-29T00:00'],
    ['0 0 1,15 * *', '2026-03-01T00:00'],
    // Either of two named days; both where one of them begins with a star.
    ['0 3 1 * mon', '2026-02-23T03:00'],
    ['0 3 */2 * mon', '2026-02-23T03:00'],
    ['0 3 1-31/7 * */2', '2026-02-22T03:00'],
    ['*/90 0 1-7/40 */12 *', '2027-01-01T00:00'],
    [' 0  2\t* * * whatever follows', '2026-02-21T02:00'],
    ['@monthly', '2026-03-01T00:00'],
  ])('%s', (schedule, next) => {
    expect(readSchedule(schedule)?.next(FRIDAY)).toBe(Date.parse(`${next}:00Z`));
  });

  it('knows seconds, starts, and days that never come', () => {
    expect(readSchedule('30 Seconds')?.next(FRIDAY)).toBe(FRIDAY + 30_000);
    expect(readSchedule('@reboot')).toMatchObject({ atStart: true });
    expect(readSchedule('0 0 31 2 *')?.next(FRIDAY)).toBeUndefined();
  });
});

describe('A job', () => {
  const job = { jobid: '1', command: 'select 1', database: 'postgres', username: 'postgres' };

  it.each([
    ['* * * * *', 4],
    ['50 seconds', 2],
  ])('of "%s" runs once at a time, and then for those it has missed', async (schedule, runs) => {
    jest.useFakeTimers({ now: FRIDAY });
    const ends: (() => void)[] = [];
    const timer = new JobTimer({ ...job, schedule }, () => new Promise((resolve) => ends.push(resolve)));
    await jest.advanceTimersByTimeAsync(230_000);
    expect(ends).toHaveLength(1);
    for (let run = 0; run < 6; run += 1) {
      ends[run]?.();
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(ends).toHaveLength(runs);
    timer.stop();
    jest.useRealTimers();
  });
});

describe('pg_cron', () => {
  let supabase: LocalSupabase;
  let db: pg.Client;
  const runsOf = async (job: string): Promise<Record<string, unknown>[]> => {
    const sql = `select d.* from cron.job_run_details d where jobid = $1 and status not in ('starting', 'running') order by runid`;
    return (await db.query<Record<string, unknown>>(sql, [job])).rows;
  };
  const schedule = async (name: string, when: string, command: string): Promise<string> =>
    (await db.query<{ id: string }>('select cron.schedule($1, $2, $3) as id', [name, when, command])).rows[0]
      ?.id ?? '';

  beforeAll(async () => {
    supabase = await startLocalSupabase({ memory: true, quiet: true, ports: { api: 0, db: 0, inbox: 0 } });
    db = new pg.Client({ connectionString: supabase.postgresUrl });
    await db.connect();
    await db.query(`create extension pg_cron; create role worker login; grant usage on schema cron to worker;
      alter role worker set search_path to tasks; create schema tasks authorization worker;
      create table public.secrets ();
      create table tasks.done (who text, at timestamptz default clock_timestamp())`);
    await db.query('alter table tasks.done owner to worker');
  }, 60_000);
  afterAll(async () => {
    await db.end();
    await supabase.close();
  });

  it('takes only schedules that the clock can read', async () => {
    const number = fc.oneof(fc.nat(70), fc.constantFrom('jan', 'dec', 'Sun', 'sat', 'x', '')).map(String);
    const element = fc.oneof(
      { weight: 3, arbitrary: fc.constant('*') },
      number,
      fc.tuple(number, number).map((edges) => edges.join('-')),
      fc.tuple(fc.constantFrom('*', '1-5', '3'), fc.nat(70)).map((parts) => parts.join('/')),
      fc.constantFrom('$', '?', 'L', '1W', '5#2', '1,', ',', '1,2', '*,5'),
    );
    const field = fc.oneof({ weight: 4, arbitrary: element }, fc.tuple(element, element).map(String));
    const cron = fc.array(field, { minLength: 4, maxLength: 6 }).map((fields) => fields.join(' '));
    const seconds = fc
      .tuple(fc.nat(99), fc.constantFrom('second', ' SECONDS', ' seconds ', ' sec'))
      .map((all) => all.join(''));
    const names = fc.constantFrom('@hourly', '@Midnight', '@often', '@reboot', '', ' ');
    const samples = fc.sample(fc.oneof({ weight: 8, arbitrary: cron }, seconds, names), 500);
    const { rows } = await db.query<{ taken: boolean[] }>(
      'select array_agg(cron._is_schedule(s) order by place) as taken from unnest($1::text[]) with ordinality as t (s, place)',
      [samples],
    );
    const taken = rows[0]?.taken ?? [];
    expect(samples.filter((sample, at) => taken[at] && readSchedule(sample) === undefined)).toEqual([]);
    expect(new Set(taken).size).toBe(2);
    const refused = [
      '* * * *',
      '? * * * *',
      '0 0 L * *',
      '5/2 * * * *',
      '*/0 * * * *',
      '9-5 * * * *',
      '60 seconds',
      '@often',
    ];
    const { rows: none } = await db.query('select s from unnest($1::text[]) s where cron._is_schedule(s)', [
      refused,
    ]);
    expect(none).toEqual([]);
    await expect(db.query(`select cron.schedule('61 * * * *', 'select 1')`)).rejects.toMatchObject({
      code: '22023',
      message: 'invalid schedule: 61 * * * *',
    });
  });

  it('runs jobs as those who scheduled them, and keeps what came of it', async () => {
    await db.query('set role worker');
    const works = await schedule(
      'works',
      '1 second',
      'insert into done select current_user; table done; delete from done where who is null',
    );
    const fails = await schedule('fails', '1 second', 'select *\nfrom public.secrets');
    const { rows } = await db.query('select jobname, username from cron.job order by 1');
    await db.query('reset role');
    expect(rows).toEqual([
      { jobname: 'fails', username: 'worker' },
      { jobname: 'works', username: 'worker' },
    ]);
    const [first] = await until(
      () => runsOf(works),
      (runs) => runs.length >= 2,
    );
    const [failed] = await until(
      () => runsOf(fails),
      (runs) => runs.length >= 1,
    );
    expect(first).toMatchObject({
      username: 'worker',
      database: 'postgres',
      status: 'succeeded',
      return_message: 'DELETE 0',
    });
    expect(first?.job_pid).toEqual(expect.any(Number));
    expect(Number(first?.end_time)).toBeGreaterThanOrEqual(Number(first?.start_time));
    expect(failed).toMatchObject({
      status: 'failed',
      return_message: 'ERROR:  permission denied for table secrets\n',
    });
    expect((await db.query('select distinct who from tasks.done')).rows).toEqual([{ who: 'worker' }]);

    // Changed, put aside and removed while it runs.
    await db.query('select cron.alter_job($1, active => false)', [works]);
    await db.query(`select cron.alter_job($1, command => 'select 1 union select 2')`, [fails]);
    const mended = await until(
      () => runsOf(fails),
      (runs) => runs.at(-1)?.status === 'succeeded',
    );
    expect(mended.at(-1)).toMatchObject({ return_message: '2 rows' });
    const before = await runsOf(works);
    await until(
      () => runsOf(fails),
      (runs) => runs.length > mended.length,
    );
    expect((await runsOf(works)).length).toBe(before.length);
    await db.query('select cron.unschedule($1::bigint), cron.unschedule($2::bigint)', [works, fails]);
    await expect(db.query(`select cron.unschedule('works')`)).rejects.toThrow(
      "could not find valid entry for job 'works'",
    );
  }, 20_000);
});
