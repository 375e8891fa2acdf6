import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { StorageError } from '../../errors/storage.error.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import { headerOf, type S3Request } from '../s3.request.ts';
import type { Trailers } from './aws.chunked.ts';
import { Crc } from './crc.ts';

interface Digest {
  update(piece: Buffer): void;
  digest(): Buffer;
}

/** One thing that is known about a body before it has come, or that comes after it. */
export interface BodyCheck {
  update(piece: Buffer): void;
  /** @throws StorageError BadDigest, InvalidDigest, XAmzContentSHA256Mismatch */
  end(trailers: Trailers): void;
}

/** Of node's own checks only this one is a function and not a stream of its own. */
class Crc32 implements Digest {
  #value = 0;

  update(piece: Buffer): void {
    this.#value = crc32(piece, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}

const MD5 = (): Digest => createHash('md5');

/** Headers and trailers with a checksum, in base64. */
const CHECKSUMS: Readonly<Record<string, () => Digest>> = {
  'content-md5': MD5,
  'x-amz-checksum-crc32': () => new Crc32(),
  'x-amz-checksum-crc32c': () => new Crc(0x82f63b78n, 32),
  'x-amz-checksum-crc64nvme': () => new Crc(0x9a6c9329ac4bc9b5n, 64),
  'x-amz-checksum-sha1': () => createHash('sha1'),
  'x-amz-checksum-sha256': () => createHash('sha256'),
};

/**
 * Every checksum of the body that a request sends or announces, and its signed hash. Where an upload in parts is completed,
 * S3's own checksums are about the object and not about the body.
 */
export function checksOf(request: S3Request, payload: string): BodyCheck[] {
  const announced = new Set((headerOf(request, 'x-amz-trailer') ?? '').toLowerCase().split(/\s*,\s*/));
  const checks = Object.entries(completes(request) ? { 'content-md5': MD5 } : CHECKSUMS)
    .filter(([name]) => headerOf(request, name) !== undefined || announced.has(name))
    .map(([name, start]) => {
      const expected = (trailers: Trailers): string => headerOf(request, name) ?? trailers.get(name) ?? '';
      return check(start(), 'base64', expected, S3_ERRORS.badDigest());
    });
  if (!/^[\da-f]{64}$/i.test(payload)) return checks;
  return [...checks, check(createHash('sha256'), 'hex', () => payload, S3_ERRORS.sha256Mismatch())];
}

/** Checksums of a whole object that the completion of an upload sends; those of its parts' checksums (`…-3`) are not looked at. */
export function objectChecksOf(request: S3Request): BodyCheck[] {
  return Object.entries(CHECKSUMS).flatMap(([name, start]) => {
    const sum = headerOf(request, name);
    if (name === 'content-md5' || sum === undefined || /-\d+$/.test(sum)) return [];
    return [check(start(), 'base64', () => sum, S3_ERRORS.badDigest())];
  });
}

function completes({ method, query }: S3Request): boolean {
  return method === 'POST' && query.has('uploadId');
}

function check(
  digest: Digest,
  encoding: 'base64' | 'hex',
  expected: (trailers: Trailers) => string,
  mismatch: StorageError,
): BodyCheck {
  return {
    update: (piece) => digest.update(piece),
    end: (trailers) => {
      const own = digest.digest();
      const theirs = Buffer.from(expected(trailers), encoding);
      if (theirs.length !== own.length) throw S3_ERRORS.invalidDigest();
      if (!theirs.equals(own)) throw mismatch;
    },
  };
}
