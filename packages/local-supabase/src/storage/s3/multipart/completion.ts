import { createHash } from 'node:crypto';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { UploadedPart } from './multipart.types.ts';

/** A part as the client names it when it completes an upload. */
export interface NamedPart {
  readonly number: number;
  readonly eTag: string;
}

/**
 * The parts that make the object: those that are named, in ascending order; all of them where none is named.
 * @throws StorageError InvalidPart, InvalidPartOrder
 */
export function chosenParts(parts: readonly UploadedPart[], named: readonly NamedPart[]): UploadedPart[] {
  if (parts.length === 0) throw S3_ERRORS.invalidPart();
  if (named.length === 0) return [...parts];
  const byNumber = new Map(parts.map((part) => [part.part_number, part]));
  return named.map(({ number, eTag }, index) => {
    if (number <= (named[index - 1]?.number ?? 0)) throw S3_ERRORS.invalidPartOrder();
    const part = byNumber.get(number);
    if (!part || bare(part.etag) !== bare(eTag)) throw S3_ERRORS.invalidPart();
    return part;
  });
}

/** Of an object in parts, as S3 makes it: the md5 of its parts' md5s, and their number. */
export function joinedETag(parts: readonly UploadedPart[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(bare(etag), 'hex');
  return `"${hash.digest('hex')}-${parts.length}"`;
}

function bare(eTag: string): string {
  return eTag.replaceAll('"', '');
}
