import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StorageError } from '../errors/storage.error.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

/** A file that arrived whole, under a temporary name. */
export interface ReceivedFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** md5 of the bytes, quoted as in the header. */
  readonly eTag: string;
}

/**
 * Writes a stream to `path`, one piece at a time: the sender waits for the disk, and nothing gathers in memory.
 * The source is not destroyed when the file is refused; the connection still has to carry the answer.
 * @param limit - largest size in bytes
 * @throws StorageError EntityTooLarge beyond the limit, Aborted when the sender goes away, what the source itself refuses;
 * the file is gone then
 */
export async function receive(source: Readable, path: string, limit: number): Promise<ReceivedFile> {
  const file = await open(path, 'wx');
  const hash = createHash('md5');
  let size = 0;
  try {
    for await (const chunk of piecesOf(source)) {
      size += chunk.length;
      if (size > limit) throw STORAGE_ERRORS.entityTooLarge();
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.close();
    return { path, size, eTag: `"${hash.digest('hex')}"` };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

/** The eTag of a file that is already on disk. */
export async function eTagOf(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `"${hash.digest('hex')}"`;
}

/** The pieces of a stream, which stays open when they are no longer wanted. @throws StorageError its own, Aborted */
export async function* piecesOf(source: Readable): AsyncGenerator<Buffer, void> {
  const pieces = source.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  try {
    for (;;) {
      const piece = await pieces.next().catch((error: unknown) => {
        throw error instanceof StorageError ? error : STORAGE_ERRORS.aborted(error);
      });
      if (piece.done === true) return;
      yield piece.value;
    }
  } finally {
    await pieces.return?.();
  }
}
