import { Worker } from 'node:worker_threads';

/**
 * Ends this process when its parent is gone. Its own event loop may be busy for ever at that time, so a thread looks.
 */
export function endWithParent(): void {
  const parent = process.ppid;
  const watch = `setInterval(() => { if (process.ppid !== ${parent}) process.kill(process.pid, 'SIGKILL'); }, 1000)`;
  new Worker(watch, {
    eval: true,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  }).unref();
  process.on('disconnect', () => process.exit());
}
