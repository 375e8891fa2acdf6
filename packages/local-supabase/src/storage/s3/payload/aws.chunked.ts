import { createHash } from 'node:crypto';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import { sha256 } from '../signing/signing.key.ts';
import type { SignedRequest } from '../signing/s3.access.ts';
import { ByteReader } from './byte.reader.ts';

/** Trailers by their names in lower case. */
export type Trailers = Map<string, string>;

const HEADER_LENGTH = 256;
const HEADER = /^([\da-f]{1,8})(?:;chunk-signature=([\da-f]{64}))?$/i;
const TRAILER_LENGTH = 1024;
const MOST_TRAILERS = 20;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/**
 * The bytes in an `aws-chunked` body: `<size>[;chunk-signature=…]` and that many bytes, until a size of 0; then trailers.
 * Each signature goes over the one before it, so no chunk can be changed, left out, moved or added. Bytes are handed on
 * before their chunk is checked: whoever receives them must drop them all when this throws.
 * @param signed - whose signature the first chunk continues; undefined for chunks that are not signed
 * @param trailers - is filled at the end
 * @throws StorageError SignatureDoesNotMatch, IncompleteBody, InvalidRequest
 */
export async function* unchunk(
  pieces: AsyncGenerator<Buffer, void>,
  signed: SignedRequest | undefined,
  trailers: Trailers,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(pieces);
  let previous = signed?.signature.signature ?? '';
  for (;;) {
    const [, length, signature] = HEADER.exec(await reader.line(HEADER_LENGTH)) ?? [];
    if (length === undefined) throw S3_ERRORS.malformedChunk();
    const size = parseInt(length, 16);
    const hash = createHash('sha256');
    for await (const piece of reader.take(size)) {
      if (signed) hash.update(piece);
      yield piece;
    }
    if (size > 0 && (await reader.line(0)) !== '') throw S3_ERRORS.malformedChunk();
    if (signed) {
      const lines = [previous, sha256(''), hash.digest('hex')];
      const holds =
        signature !== undefined && signed.key.signed(signature, 'AWS4-HMAC-SHA256-PAYLOAD', ...lines);
      if (!holds) throw S3_ERRORS.signatureDoesNotMatch();
      previous = signature;
    }
    if (size === 0) break;
  }
  await readTrailers(reader, trailers);
  if (signed?.signature.payload.endsWith('-TRAILER')) mustBeSigned(trailers, signed, previous);
}

async function readTrailers(reader: ByteReader, trailers: Trailers): Promise<void> {
  // Not every client writes the empty line that ends them.
  while (!(await reader.ended())) {
    const line = await reader.line(TRAILER_LENGTH);
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon === -1 || trailers.size >= MOST_TRAILERS) throw S3_ERRORS.malformedChunk();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (!(await reader.ended())) throw S3_ERRORS.malformedChunk();
}

function mustBeSigned(trailers: Trailers, { key }: SignedRequest, previous: string): void {
  const text = [...trailers]
    .filter(([name]) => name !== TRAILER_SIGNATURE)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}\n`)
    .join('');
  const signature = trailers.get(TRAILER_SIGNATURE) ?? '';
  if (!key.signed(signature, 'AWS4-HMAC-SHA256-TRAILER', previous, sha256(text))) {
    throw S3_ERRORS.signatureDoesNotMatch();
  }
}
