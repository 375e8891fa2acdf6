import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3_ERRORS } from './errors/s3.errors.ts';

/** A request as S3 reads it: from the address as it was sent, which is what its signature covers. */
export interface S3Request {
  readonly method: string;
  /** As sent, still encoded, with everything before the bucket. */
  readonly path: string;
  /** Decoded; undefined where the request is about all buckets. */
  readonly bucket: string | undefined;
  /** Decoded; undefined where the request is about the bucket itself. */
  readonly key: string | undefined;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly raw: IncomingMessage;
}

/**
 * Reads the address without the router's help, which forgets a trailing slash: `folder/` is another key than `folder`.
 * @param prefix - the path under which the protocol is mounted
 * @throws StorageError InvalidURI
 */
export function readS3Request(raw: IncomingMessage, prefix: string): S3Request {
  const url = raw.url ?? '';
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (path !== prefix && !path.startsWith(`${prefix}/`)) throw S3_ERRORS.invalidUri();
  const rest = path.slice(prefix.length + 1);
  const slash = rest.indexOf('/');
  const [bucket, key] = slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)];
  return {
    method: raw.method ?? 'GET',
    path,
    bucket: decode(bucket),
    key: decode(key),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    headers: raw.headers,
    raw,
  };
}

function decode(text: string): string | undefined {
  try {
    return text === '' ? undefined : decodeURIComponent(text);
  } catch {
    throw S3_ERRORS.invalidUri();
  }
}

/** The one value of a header. */
export function headerOf({ headers }: S3Request, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
