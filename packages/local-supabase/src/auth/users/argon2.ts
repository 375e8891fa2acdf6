import crypto from 'node:crypto';
import { argon2iAsync, argon2idAsync } from '@noble/hashes/argon2.js';

export type Argon2Algorithm = 'argon2i' | 'argon2id';

/** What a hash costs: KiB of memory, rounds, lanes. */
export interface Argon2Cost {
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

/** So many bytes of a hash: by Node itself where it can (since 24.7, beside the event loop), else in JavaScript. */
export function deriveArgon2(
  algorithm: Argon2Algorithm,
  message: string,
  salt: Buffer,
  { memory, passes, lanes }: Argon2Cost,
  bytes: number,
): Promise<Uint8Array> {
  const native = crypto.argon2 as typeof crypto.argon2 | undefined;
  if (native === undefined) {
    const inScript = algorithm === 'argon2i' ? argon2iAsync : argon2idAsync;
    return inScript(message, salt, { m: memory, t: passes, p: lanes, dkLen: bytes });
  }
  const parameters = { message, nonce: salt, memory, passes, parallelism: lanes, tagLength: bytes };
  return new Promise((resolve, reject) => {
    native(algorithm, parameters, (error, digest) => {
      if (error) reject(error);
      else resolve(digest);
    });
  });
}
