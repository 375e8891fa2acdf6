import type { Readable } from 'node:stream';
import { collectGarbage } from './collect-garbage.js';

/** A minor collection takes about a millisecond; so many bytes take longer to pass. */
const EVERY = 8 * 1_024 * 1_024;

/** Of all streams together: what they leave behind is one heap's. */
let passed = 0;

/**
 * Gives back the memory of bytes that have passed through a stream. Node reads each piece into a buffer of its own, and V8,
 * to which a buffer is a small thing, would let some 70 MiB of them lie around before it looks. Nothing is read by it: it
 * counts what somebody else reads.
 */
export function releasePassedBytes(stream: Readable): void {
  // Listening starts a stream, so not before it flows.
  stream.once('resume', () => {
    stream.on('data', (piece: Uint8Array) => {
      passed += piece.length;
      if (passed < EVERY) return;
      passed = 0;
      collectGarbage({ type: 'minor', execution: 'sync' });
    });
  });
}
