import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  url: string;
  /** Resident memory, in MiB (Linux). */
  resident: () => number;
  /** The same, not rounded. */
  residentExactly: () => number;
  /** Seconds of processor time so far (Linux). */
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}

const TICKS_PER_SECOND = 100;

/** Starts a compiled server. Its log goes nowhere, but is written: that is part of what a request costs. */
export async function startServer(
  file: string,
  env: Record<string, string>,
  execArgv: string[] = [],
): Promise<ServerProcess> {
  const child: ChildProcess = fork(new URL(`../dist/bench/${file}.js`, import.meta.url), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [url] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${String(code)}`))),
  ])) as [string];
  const proc = `/proc/${String(child.pid)}`;
  const residentExactly = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`${proc}/status`, 'utf8'))?.[1]) / 1024;
  return {
    url,
    resident: () => Math.round(residentExactly()),
    residentExactly,
    cpuSeconds: () => {
      const fields = readFileSync(`${proc}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      child.disconnect();
      await ended;
    },
  };
}
