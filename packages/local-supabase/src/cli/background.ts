import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What ends a process that runs until it is told to stop. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The option by which the process knows that it is the one in the background. */
export const LAUNCHED = '--launched';

/** How the process that was asked to stay behind ended up. */
export interface Launch {
  readonly hasStarted: boolean;
  /** What it has said so far. */
  readonly output: string;
}

/** Runs this command line, with `LAUNCHED`, in a process that outlives this one and its terminal. */
export async function launch(workdir: string): Promise<Launch> {
  const path = join(workdir, '.supabase', 'start.log');
  await mkdir(dirname(path), { recursive: true });
  const log = await open(path, 'w', 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), LAUNCHED], {
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

/** Lets the one who launched this process go. */
export function tellStarted(): void {
  process.send?.('started', () => process.disconnect());
}
