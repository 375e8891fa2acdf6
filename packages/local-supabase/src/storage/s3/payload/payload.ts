import { Readable } from 'node:stream';
import { piecesOf } from '../../files/receive.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import { headerOf, type S3Request } from '../s3.request.ts';
import type { SignedRequest } from '../signing/s3.access.ts';
import { unchunk, type Trailers } from './aws.chunked.ts';
import { checksOf } from './checksums.ts';

/** The body of a request as its sender meant it. */
export interface Payload {
  /** Fails where the bytes are not what was signed or announced; what was received until then must be dropped. */
  readonly stream: Readable;
  /** In bytes; undefined where the request does not say so. */
  readonly size: number | undefined;
}

const SIGNED_CHUNKS = /^STREAMING-AWS4-HMAC-SHA256-PAYLOAD(-TRAILER)?$/;
const UNSIGNED_CHUNKS = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
const WHOLE = /^(?:UNSIGNED-PAYLOAD|[\da-f]{64})$/i;

/**
 * Opens the body, one piece at a time.
 * @throws StorageError InvalidRequest for a way of signing that is none, MissingContentLength for chunks without a size
 */
export function openPayload(request: S3Request, signed: SignedRequest): Payload {
  const { payload } = signed.signature;
  const chunked = SIGNED_CHUNKS.test(payload) || payload === UNSIGNED_CHUNKS;
  if (!chunked && !WHOLE.test(payload)) {
    throw S3_ERRORS.invalidRequest(`x-amz-content-sha256 must not be ${payload}`);
  }
  const size = numberOf(headerOf(request, chunked ? 'x-amz-decoded-content-length' : 'content-length'));
  if (chunked && size === undefined) throw S3_ERRORS.missingContentLength();
  const trailers: Trailers = new Map();
  const pieces = piecesOf(request.raw);
  const bytes = chunked
    ? unchunk(pieces, payload === UNSIGNED_CHUNKS ? undefined : signed, trailers)
    : pieces;
  const stream = Readable.from(checked(request, bytes, size, payload, trailers), { objectMode: false });
  // Whoever reads it is told; nobody may read it to the end, though, once the request is refused.
  stream.on('error', () => undefined);
  return { stream, size };
}

async function* checked(
  request: S3Request,
  bytes: AsyncGenerator<Buffer>,
  size: number | undefined,
  payload: string,
  trailers: Trailers,
): AsyncGenerator<Buffer> {
  const checks = checksOf(request, payload);
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    for (const check of checks) check.update(piece);
    yield piece;
  }
  if (size !== undefined && length !== size) throw S3_ERRORS.incompleteBody();
  for (const check of checks) check.end(trailers);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
