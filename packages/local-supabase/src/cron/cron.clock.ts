import type { Database } from '../context.ts';
import { ChannelWatch } from '../database/channel.watch.ts';
import { runCommand } from './command.run.ts';
import type { Job } from './command.run.ts';
import { JobTimer } from './job.timer.ts';

const JOBS_SQL = 'select jobid, schedule, command, database, username from cron.job where active';
const ABANDONED_SQL = `update cron.job_run_details set status = 'failed', return_message = 'server restarted'
  where status in ('starting', 'running')`;
/** What Postgres says of a table or schema that is not there. */
const NO_EXTENSION = new Set(['42P01', '3F000']);
const STARTING_SQL = `insert into cron.job_run_details (jobid, database, username, command, status)
  values ($1, $2, $3, $4, 'starting') returning runid`;
const RUNNING_SQL = `update cron.job_run_details set status = 'running', job_pid = $2, start_time = clock_timestamp()
  where runid = $1`;
const DONE_SQL = `update cron.job_run_details set status = $2, return_message = $3, end_time = clock_timestamp()
  where runid = $1`;

/**
 * Runs the jobs of `cron.job` when their time comes, and keeps what came of it in `cron.job_run_details`: what the worker
 * of pg_cron does. Without jobs it only listens for new ones.
 */
export class CronClock {
  readonly #database: Database;
  readonly #watch: ChannelWatch;
  readonly #timers = new Map<string, JobTimer>();
  /** The last run of each job that runs. */
  readonly #runs = new Map<string, Promise<void>>();
  readonly #gone = new AbortController();
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(database: Database) {
    this.#database = database;
    this.#watch = new ChannelWatch(database.url, 'local_supabase_cron', () => void this.#changed());
  }

  async start(): Promise<void> {
    await this.#watch.start();
    // The extension need not be there.
    await this.#database.pool.query(ABANDONED_SQL).catch(() => undefined);
    await this.#changed();
    for (const timer of this.#timers.values()) timer.started();
  }

  /** Commands that run are cut off; the next start says so of them. */
  async close(): Promise<void> {
    this.#gone.abort();
    await this.#watch.close();
    await this.#reading;
    for (const timer of this.#timers.values()) timer.stop();
    await Promise.all(this.#runs.values());
  }

  #isClosed(): boolean {
    return this.#gone.signal.aborted;
  }

  #changed(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    while (this.#again && !this.#isClosed()) {
      this.#again = false;
      const jobs = await this.#jobs();
      if (jobs && !this.#isClosed()) this.#set(jobs);
    }
  }

  /** Nothing when they cannot be read now: then those that are known stay. */
  async #jobs(): Promise<readonly Job[] | undefined> {
    try {
      return (await this.#database.pool.query<Job>(JOBS_SQL)).rows;
    } catch (error) {
      return NO_EXTENSION.has((error as { code?: string }).code ?? '') ? [] : undefined;
    }
  }

  #set(jobs: readonly Job[]): void {
    const wanted = new Map(jobs.map((job) => [job.jobid, job]));
    for (const [id, timer] of this.#timers) {
      const job = wanted.get(id);
      if (job && timer.isOf(job)) timer.renew(job);
      else {
        timer.stop();
        this.#timers.delete(id);
      }
    }
    for (const [id, job] of wanted) {
      if (!this.#timers.has(id)) this.#timers.set(id, new JobTimer(job, (due) => this.#run(due)));
    }
  }

  /** One run of a job at a time, even when its schedule has changed meanwhile. */
  #run(job: Job): Promise<void> {
    const run = (this.#runs.get(job.jobid) ?? Promise.resolve())
      .then(() => this.#runAndNote(job))
      // Whatever happens to the table of runs, the clock goes on.
      .catch(() => undefined)
      .finally(() => {
        if (this.#runs.get(job.jobid) === run) this.#runs.delete(job.jobid);
      });
    this.#runs.set(job.jobid, run);
    return run;
  }

  async #runAndNote(job: Job): Promise<void> {
    if (this.#isClosed()) return;
    const { pool, url } = this.#database;
    const note = [job.jobid, job.database, job.username, job.command];
    const { rows } = await pool.query<{ runid: string }>(STARTING_SQL, note);
    const id = rows[0]?.runid;
    const began = (pid: number | null): Promise<unknown> => pool.query(RUNNING_SQL, [id, pid]);
    const { status, message } = await runCommand(pool, url, job, began, this.#gone.signal);
    await pool.query(DONE_SQL, [id, status, message]);
  }
}
