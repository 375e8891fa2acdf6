import { collectGarbage } from './collect-garbage.js';

/**
 * A minor collection takes less time than so many bytes, and what it frees is used again while it is still in the
 * processor's cache: fresh memory for each piece would cost three times as much as all the rest.
 */
const EVERY = 2 * 1_024 * 1_024;

/** Of all streams together: what they leave behind is one heap's. */
let passed = 0;

/**
 * Gives back the memory of bytes that have passed through. Node reads each piece into a buffer of its own, and V8, to which
 * a buffer is a small thing, would let some 70 MiB of them lie around before it looks.
 * @param bytes how many passed since the last time
 */
export function releasePassedBytes(bytes: number): void {
  passed += bytes;
  if (passed < EVERY) return;
  passed = 0;
  collectGarbage({ type: 'minor', execution: 'sync' });
}
