import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { processorSeconds } from './processor.ts';

/** A server under measurement, in a process of its own. */
export interface ServerProcess {
  url: string;
  /** Resident memory, in MiB (Linux). */
  resident: () => number;
  /** The same, not rounded. */
  residentExactly: () => number;
  /** The same after a collection of garbage: what is kept, without what was only not collected yet. */
  residentCollected: () => Promise<number>;
  /** Seconds of processor time so far (Linux). */
  cpuSeconds: () => number;
  stop: () => Promise<void>;
}

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
    residentCollected: async () => {
      const collected = once(child, 'message');
      child.send('collect');
      await collected;
      return residentExactly();
    },
    cpuSeconds: () => processorSeconds(child.pid ?? 0),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      child.disconnect();
      await ended;
    },
  };
}
