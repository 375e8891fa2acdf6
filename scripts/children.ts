import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

/** A start that failed for a reason that can be told in a sentence. */
export class StartError extends Error {}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/** The processes that `npm start` has started, and ends. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  add(child: ChildProcess): ChildProcess {
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    return child;
  }

  /** Its exit code; 1 when a signal ended it. */
  async exitOf(child: ChildProcess): Promise<number> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? 1;
  }

  /** Resolves when `url` answers 200; throws when the child ends before. */
  async untilHealthy(child: ChildProcess, url: string): Promise<void> {
    const giveUp = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < giveUp) {
      if (child.exitCode !== null) throw new StartError('The API did not start; its last lines tell why.');
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      await pause(50);
    }
    throw new StartError(`The API did not answer at ${url} within ${String(START_TIMEOUT_MS / 1000)} s.`);
  }

  /** Asks all to end, and waits; who does not end in time is killed. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.running].map(async (child) => {
        const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
        child.kill('SIGTERM');
        await this.exitOf(child);
        clearTimeout(killer);
      }),
    );
  }
}
