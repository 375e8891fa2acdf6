import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What ends a process that runs until it is told to stop. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How the process that was asked to stay behind ended up. */
export interface Launch {
  readonly hasStarted: boolean;
  /** What it has said so far. */
  readonly output: string;
}

/** Runs this command line, without `without`, in a process that outlives this one and its terminal. */
export async function launch(workdir: string, without: readonly string[]): Promise<Launch> {
  const path = join(workdir, '.supabase', 'start.log');
  await mkdir(dirname(path), { recursive: true });
  const log = await open(path, 'w', 0o600);
  const words = process.argv.slice(1).filter((word) => !without.includes(word));
  const child = spawn(process.execPath, [...process.execArgv, ...words], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal));
  const hasStarted = await new Promise<boolean>((resolve, reject) => {
    child
      .once('message', () => resolve(true))
      .once('exit', () => resolve(false))
      .once('error', reject);
  });
  child.unref();
  await log.close();
  return { hasStarted, output: await readFile(path, 'utf8') };
}

/** Whether this process was launched so. */
export function isLaunched(): boolean {
  return process.send !== undefined;
}

/** Lets the one who launched this process go. */
export function tellStarted(): void {
  process.send?.('started', () => process.disconnect());
}
