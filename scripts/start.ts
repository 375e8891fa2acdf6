/**
 * `npm start`: builds, and runs the API. Without SUPABASE_URL it also starts the local Supabase, in this process, and
 * connects the API to it by the same variables that would name a hosted one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LocalSupabase } from '@supanest/local-supabase';
import { whenNpmEnds } from '../packages/local-supabase/src/cli/npm.parent.ts';
import { banner } from './banner.ts';
import { Children, StartError } from './children.ts';
import { assertFree } from './free-port.ts';

const { values: options } = parseArgs({ options: { watch: { type: 'boolean', default: false } } });
if (existsSync('.env')) process.loadEnvFile('.env');

const host = process.env.HOST ?? '127.0.0.1';
const port = process.env.PORT ?? '3000';
const base = `http://${host}:${port}`;
const children = new Children();
let supabase: LocalSupabase | undefined;
let stopping: Promise<never> | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
whenNpmEnds(() => void stop(0));

try {
  await assertFree(host, port);
  const [started] = await Promise.all([startSupabase(), build()]);
  supabase = started;
  const api = run([...(options.watch ? ['--watch-path=dist'] : []), 'dist/main.js'], {
    ...process.env,
    ...(supabase ? environmentOf(supabase) : {}),
  });
  await children.untilHealthy(api, `${base}/api/health`);
  process.stdout.write(banner(base, supabase));
  if (!options.watch) void children.exitOf(api).then((code) => stop(code));
} catch (error) {
  process.stderr.write(`\n${error instanceof StartError ? error.message : String((error as Error).stack)}\n`);
  await stop(1);
}

async function startSupabase(): Promise<LocalSupabase | undefined> {
  if (process.env.SUPABASE_URL) return undefined;
  // Loaded only here: an API for a hosted Supabase needs nothing of it.
  const { startLocalSupabase, StartRefused } = await import('@supanest/local-supabase');
  return startLocalSupabase({ workdir: process.cwd() }).catch((error: unknown) => {
    throw error instanceof StartRefused ? new StartError(error.message, { cause: error }) : error;
  });
}

async function build(): Promise<void> {
  const nest = run(['node_modules/@nestjs/cli/bin/nest.js', 'build'], process.env, 'ignore');
  const code = await children.exitOf(nest);
  if (code !== 0) throw new StartError('The build failed; `npm run build` tells why.');
  if (options.watch) run(['node_modules/@nestjs/cli/bin/nest.js', 'build', '--watch'], process.env);
}

/** The channel tells a child when this process is gone, even if it was killed. */
function run(args: string[], env: NodeJS.ProcessEnv, stdout: 'inherit' | 'ignore' = 'inherit'): ChildProcess {
  return children.add(spawn(process.execPath, args, { env, stdio: ['ignore', stdout, 'inherit', 'ipc'] }));
}

/** The variables that connect an API to this Supabase, as they would to any. */
function environmentOf(local: LocalSupabase): Record<string, string> {
  return {
    SUPABASE_URL: local.url,
    SUPABASE_KEY: local.publishableKey,
    SUPABASE_SECRET_KEY: local.secretKey,
    SUPABASE_JWT_SECRET: local.jwtSecret,
    DATABASE_URL: local.postgresUrl,
  };
}

/** Once, whether a signal, a fault or the end of the API was the first reason: a second one must not cut it short. */
function stop(code: number): Promise<never> {
  return (stopping ??= end(code));
}

/** The API first, so that its last requests still find Supabase. */
async function end(code: number): Promise<never> {
  await children.stop();
  await supabase?.close();
  process.exit(code);
}
