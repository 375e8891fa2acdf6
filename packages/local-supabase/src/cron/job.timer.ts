import type { Job } from './command.run.ts';
import { readSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';

/** Clocks are set, and machines sleep: nothing is waited for longer than this without another look at the time. */
const LONGEST_WAIT_MS = 3_600_000;

/** Runs one job when its time comes: one run at a time, and what came due meanwhile right after it. */
export class JobTimer {
  #job: Job;
  readonly #schedule: Schedule | undefined;
  readonly #run: (job: Job) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #due = 0;
  #running = false;

  /** @param run never rejects */
  constructor(job: Job, run: (job: Job) => Promise<void>) {
    this.#job = job;
    this.#run = run;
    this.#schedule = readSchedule(job.schedule);
    this.#wait(Date.now());
  }

  /** What is kept of the job has changed, but not when it runs. */
  renew(job: Job): void {
    this.#job = job;
  }

  isOf(job: Job): boolean {
    return this.#job.schedule === job.schedule;
  }

  /** The clock has just started. */
  started(): void {
    if (this.#schedule?.atStart) this.#comeDue();
  }

  /** No run begins any more; one that runs goes on. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#due = 0;
  }

  #wait(after: number): void {
    const next = this.#schedule?.next(after);
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => {
        if (Date.now() < next) this.#wait(after);
        else {
          // Runs that nobody was awake for are not made up.
          this.#wait(Math.max(next, Date.now() - 1));
          this.#comeDue();
        }
      },
      Math.min(Math.max(next - Date.now(), 0), LONGEST_WAIT_MS),
    );
  }

  #comeDue(): void {
    this.#due = this.#schedule?.queues ? this.#due + 1 : 1;
    if (!this.#running) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running = true;
    while (this.#due > 0) {
      this.#due -= 1;
      await this.#run(this.#job);
    }
    this.#running = false;
  }
}
