import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { LocalSupabase } from '../packages/local-supabase/src/index.ts';
import { processorSeconds } from './hot-path/processor.ts';

/** A process under measurement, and what it has said of itself. */
export interface Measured<T> {
  said: T;
  /** Resident memory, in MiB (Linux). */
  resident: () => number;
  /** Seconds of processor time so far (Linux). */
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}

/** A local Supabase, its data in memory. */
export function startSupabase(): Promise<Measured<LocalSupabase>> {
  return start('bench/supabase.process.ts', {}, (): boolean => true);
}

/** The built API in front of it, on a free port; `overrides` come before what it needs to know. */
export function startBuiltApi(
  { said: supabase }: Measured<LocalSupabase>,
  overrides: Record<string, string> = {},
): Promise<Measured<{ msg: string; url: string }>> {
  const environment = {
    PORT: '0',
    SUPABASE_URL: supabase.url,
    SUPABASE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    SUPABASE_JWT_SECRET: supabase.jwtSecret,
    DATABASE_URL: supabase.postgresUrl,
    ...overrides,
  };
  return start('dist/main.js', environment, ({ msg }) => msg === 'listening');
}

/** Until its first line of JSON for which `isIt`; all others are read, so that a full pipe never stops the process. */
async function start<T>(
  script: string,
  environment: Record<string, string>,
  isIt: (line: T) => boolean,
): Promise<Measured<T>> {
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...environment },
  });
  const said = await new Promise<T>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${script} has ended with ${String(code)}`)));
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as T;
      if (isIt(line)) resolve(line);
    });
  });
  const pid = child.pid ?? 0;
  return {
    said,
    resident: () => {
      const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    },
    cpuSeconds: () => processorSeconds(pid),
    stop: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
