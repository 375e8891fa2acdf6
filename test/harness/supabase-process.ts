import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { supabaseUnderTest } from './environment.js';
import { freePorts } from './free-port.js';

const BIN = 'packages/local-supabase/bin/local-supabase.js';

/** The whole local Supabase, Postgres and all, as a process that can be killed and started again on the same data. */
export interface SupabaseProcess {
  url: string;
  postgresUrl: string;
  start: () => Promise<void>;
  kill: () => Promise<void>;
  /** Ends it and removes its data. */
  close: () => Promise<void>;
}

/**
 * Its keys are the well-known ones, the same for every local Supabase.
 * @param server - the PostgreSQL to use, as its superuser; without, the one that comes along
 */
export async function startSupabaseProcess(server?: string): Promise<SupabaseProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'supanest-restart-'));
  const [port, dbPort, inboxPort] = (await freePorts(3)).map(String) as [string, string, string];
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const start = async (): Promise<void> => {
    child = spawn(
      process.execPath,
      [
        ...[
          BIN,
          'start',
          '--data-dir',
          folder,
          '--port',
          port,
          '--db-port',
          dbPort,
          '--inbox-port',
          inboxPort,
        ],
        ...(server === undefined ? [] : ['--db-url', server]),
      ],
      { stdio: 'ignore' },
    );
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error('The local Supabase has ended');
      await pause(50);
    }
  };
  await start();
  return {
    url,
    postgresUrl: server ?? `postgresql://postgres:postgres@127.0.0.1:${dbPort}/postgres`,
    start,
    kill: () => end('SIGKILL'),
    close: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const { publishableKey } = supabaseUnderTest();
  const answer = await fetch(`${url}/auth/v1/health`, { headers: { apikey: publishableKey } }).catch(
    () => undefined,
  );
  return answer?.status === 200;
}
