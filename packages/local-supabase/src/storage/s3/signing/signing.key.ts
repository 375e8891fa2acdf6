import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ClientSignature } from './client.signature.ts';

/** The key of one day, region and service, and what is signed by it. */
export class SigningKey {
  readonly #key: Buffer;
  readonly #scope: string;
  readonly #time: string;

  constructor(secret: string, { day, region, service, time }: ClientSignature) {
    const steps = [day, region, service, 'aws4_request'];
    this.#key = steps.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
    this.#scope = steps.join('/');
    this.#time = time;
  }

  /**
   * Whether `signature` (hexadecimal) is this key's over the lines.
   * @param algorithm - what is signed: a request, a chunk, or trailers
   */
  signed(signature: string, algorithm: string, ...lines: string[]): boolean {
    return this.signedText(signature, [algorithm, this.#time, this.#scope, ...lines].join('\n'));
  }

  /** Whether `signature` is this key's over a text and nothing else. */
  signedText(signature: string, text: string): boolean {
    const own = hmac(this.#key, text);
    const theirs = Buffer.from(signature, 'hex');
    return theirs.length === own.length && timingSafeEqual(theirs, own);
  }
}

/** Hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
