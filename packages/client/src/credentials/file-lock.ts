import { lock as lockFile } from 'proper-lockfile';

/** What is waiting in this process, by lock: only one of them goes to the file system at a time. */
const queues = new Map<string, Promise<unknown>>();

const OPTIONS = {
  // The file need not be there yet.
  realpath: false,
  // A process that was killed holds its lock no longer than this.
  stale: 10_000,
  retries: { forever: true, minTimeout: 5, maxTimeout: 100, factor: 1.3, randomize: true },
};

/** Does `work` while no other caller, in this process or another, does his under the same path. */
export function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve();
  const turn = before.then(() => locked(path, work));
  const settled = turn.then(
    () => undefined,
    () => undefined,
  );
  queues.set(path, settled);
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path);
  });
  return turn;
}

async function locked<T>(path: string, work: () => Promise<T>): Promise<T> {
  // Lost while it was held (this process was asleep for longer than `stale`): what `work` writes is whole all the same.
  const release = await lockFile(path, { ...OPTIONS, onCompromised: () => undefined });
  try {
    return await work();
  } finally {
    await release().catch(() => undefined);
  }
}
