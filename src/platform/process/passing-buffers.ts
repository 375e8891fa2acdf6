import type { OnReadOpts } from 'node:net';
import { releasePassedBytes } from './release-passed-bytes.js';

/** What one read takes at most: twice Node's own, and several of them fit into a processor's cache. */
const SIZE = 131_072;

/** A read of fewer bytes is copied, so that what waits somewhere never takes more than four times its size. */
const LEAST_LENT = SIZE / 4;

/** 8 MiB of them. */
const MOST_FREE = 64;

const free: Uint8Array[] = [];

/** How many bytes the read has brought that filled a buffer, for all that are on their way. */
const lent = new WeakMap<ArrayBufferLike, number>();

/**
 * Lets a socket read into buffers that are used again, where Node takes fresh memory for each read; for the option
 * `onread` of one socket.
 * @param push takes what has come, and answers whether there may be more
 */
export function readIntoPassingBuffers(push: (piece: Buffer) => boolean): OnReadOpts {
  return {
    buffer: () => free.pop() ?? Buffer.allocUnsafeSlow(SIZE),
    callback: (length, buffer) => {
      const piece = Buffer.from(buffer.buffer, buffer.byteOffset, length);
      if (length < LEAST_LENT) {
        free.push(buffer);
        return push(Buffer.from(piece));
      }
      lent.set(buffer.buffer, length);
      return push(piece);
    },
  };
}

/**
 * Says that a piece has been written and that nobody looks at it any more. Its buffer is filled anew then, where the piece
 * is all that was read into it; whoever never says so leaves it to the garbage collection.
 */
export function hasPassed(piece: Buffer): void {
  const { buffer, length } = piece;
  if (lent.get(buffer) !== length) {
    releasePassedBytes(length);
    return;
  }
  lent.delete(buffer);
  if (free.length < MOST_FREE) free.push(new Uint8Array(buffer));
}
