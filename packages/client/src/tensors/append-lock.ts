import { ConflictError, NotFoundError } from '../client/errors.ts';
import { pause } from '../client/retry.ts';
import type { TensorFiles } from './tensor-files.types.ts';

/** How long somebody may wait for his turn, and how long one who shows no sign of life keeps his. */
export interface LockTimes {
  /** After so many seconds it is given up. */
  waitSeconds: number;
  /** A lock that nobody has touched for so many seconds is of a process that has died. */
  staleSeconds: number;
}

/** The turn has not come in time. */
export class LockTakenError extends Error {
  override name = 'LockTakenError';
}

const FIRST_POLL_MS = 100;
const LONGEST_POLL_MS = 5_000;

/**
 * Does `work` while nobody else, in whatever process or machine, does his for the same file. Storage has no locks; what it
 * does as one step is to give a file a name that no other has. So a lock is a small file beside the other one, uploaded
 * under a name of its own and then moved to the name of the lock: who gets there first has it.
 * @throws LockTakenError when the wait is over
 */
export async function withFileLock<T>(
  files: TensorFiles,
  file: string,
  times: LockTimes,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const lock = `${file}.lock`;
  const own = `${lock}-${crypto.randomUUID()}`;
  // Of no other content: its version tells whose it is.
  const text = new TextEncoder().encode(own);
  await files.write(own, () => new Blob([text]).stream(), {
    size: text.length,
    upsert: false,
    ...(signal && { signal }),
  });
  try {
    await takeTurn(files, own, lock, times, signal);
  } catch (error) {
    await files.delete(own).catch(() => false);
    throw error;
  }
  try {
    return await work();
  } finally {
    await files.delete(lock).catch(() => false);
  }
}

async function takeTurn(
  files: TensorFiles,
  own: string,
  lock: string,
  { waitSeconds, staleSeconds }: LockTimes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const end = performance.now() + waitSeconds * 1_000;
  let seen: { version: string | undefined; since: number } = { version: undefined, since: 0 };
  for (let poll = 0; ; poll++) {
    const refusal = await moved(files, own, lock);
    if (!refusal) return;
    const now = performance.now();
    if (now >= end) throw new LockTakenError(`${lock} is taken`, { cause: refusal });
    // By our own clock, which need not be that of anybody else.
    const version = await versionOf(files, lock, signal);
    if (version !== seen.version) seen = { version, since: now };
    const isStale = version !== undefined && now - seen.since >= staleSeconds * 1_000;
    if (isStale) await files.delete(lock);
    else await pause(Math.min(2 ** poll * FIRST_POLL_MS, LONGEST_POLL_MS) * (0.5 + Math.random()), signal);
  }
}

/** Why it was not; undefined when it was. */
async function moved(files: TensorFiles, own: string, lock: string): Promise<ConflictError | undefined> {
  try {
    await files.move(own, lock);
    return undefined;
  } catch (error) {
    if (error instanceof ConflictError) return error;
    throw error;
  }
}

/** Undefined when there is none any more. */
async function versionOf(
  files: TensorFiles,
  lock: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { body, version } = await files.read(lock, { start: 0, end: 1 }, signal);
    await body.cancel();
    return version;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
