/**
 * How long `npm start` takes until the API answers, and what its process weighs when idle.
 *
 *     node bench/start.ts [repetitions]
 *
 * Clones the repository into a temporary folder and installs from the lock file, as a newcomer does; neither is counted.
 * The first start builds and makes a new database; the following ones find both.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const repetitions = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'supanest-start-'));
const port = '3999';
const env = { ...process.env, PORT: port };

try {
  execFileSync('git', ['clone', '--quiet', process.cwd(), folder]);
  execFileSync('npm', ['ci', '--silent'], { cwd: folder, stdio: 'ignore' });
  const first = await start();
  console.log(`first start: ${seconds(first.ms)}; API idle: ${String(first.mebibytes)} MiB resident`);
  const later = [];
  for (let index = 0; index < repetitions; index += 1) later.push((await start()).ms);
  later.sort((a, b) => a - b);
  const median = later[Math.floor(later.length / 2)] ?? 0;
  console.log(
    `later starts: median ${seconds(median)}, ${seconds(later[0] ?? 0)} to ${seconds(later.at(-1) ?? 0)} of ${String(later.length)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Starts, waits until the API answers, lets it idle for five seconds, weighs it, and stops. */
async function start(): Promise<{ ms: number; mebibytes: number }> {
  const began = performance.now();
  const npm = spawn('npm', ['start'], { cwd: folder, env, stdio: 'ignore', detached: true });
  while (!(await answers())) {
    if (npm.exitCode !== null) throw new Error('npm start has ended');
    await pause(25);
  }
  const ms = performance.now() - began;
  await pause(5_000);
  const mebibytes = weigh(npm);
  const ended = once(npm, 'exit');
  // The whole group, as Ctrl+C in a terminal does.
  process.kill(-(npm.pid ?? 0), 'SIGINT');
  await ended;
  return { ms, mebibytes };
}

async function answers(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/api/health`).then(
    (response) => response.ok,
    () => false,
  );
}

/** Resident memory of the API's process (Linux). */
function weigh(npm: ChildProcess): number {
  const group = execFileSync('ps', ['-o', 'pid=,args=', '-g', String(npm.pid)]).toString();
  const pid = /^ *(\d+) .*dist\/main\.js$/m.exec(group)?.[1];
  if (pid === undefined) throw new Error(`No API among:\n${group}`);
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kibibytes) / 1024);
}
