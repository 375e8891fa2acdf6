import { createReadStream, createWriteStream, openAsBlob } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SupanestError } from '../client/errors.ts';

/** Something about a file of this machine is not as it should be; the message says what to do. */
export class LocalFileError extends SupanestError {
  override name = 'LocalFileError';
}

/** What is to be sent: a file by its size, and what is no file (a pipe, a device) as it comes. @throws LocalFileError */
export async function fileAt(path: string): Promise<Blob | ReadableStream<Uint8Array>> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new LocalFileError(`${path} cannot be read`, { cause });
  });
  if (found.isDirectory()) throw new LocalFileError(`${path} is a folder; files are copied one by one`);
  return found.isFile() ? openAsBlob(path) : streamOf(createReadStream(path));
}

export const streamOf = (readable: Readable): ReadableStream<Uint8Array> =>
  Readable.toWeb(readable) as ReadableStream<Uint8Array>;

/** A remote folder (`me:`, `me:pictures/`) with the name of the file that is copied into it. */
export const withName = (to: string, from: string): string => (/[:/]$/.test(to) ? to + basename(from) : to);

/** The same for a folder of this machine. */
export async function fileIn(to: string, from: string): Promise<string> {
  const isFolder = await stat(to).then(
    (found) => found.isDirectory(),
    () => /[/\\]$/.test(to),
  );
  return isFolder ? join(to, basename(from.replace(/^[^:]*:/, ''))) : to;
}

/** Before anything is fetched. @throws LocalFileError */
export async function expectFree(path: string, force: boolean): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere && !force) throw new LocalFileError(`${path} is there already; --force replaces it`);
}

/** Writes a file; a part of one is worse than none, and goes. */
export async function writeWhole(path: string, source: Readable, force: boolean): Promise<void> {
  try {
    await pipeline(source, createWriteStream(path, { flags: force ? 'w' : 'wx' }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(path, { force: true });
    throw error;
  }
}
