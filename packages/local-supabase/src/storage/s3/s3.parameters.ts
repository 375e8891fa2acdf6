import { S3_ERRORS } from './errors/s3.errors.ts';
import { headerOf, type S3Request } from './s3.request.ts';
import { encodeUri } from './signing/canonical.request.ts';

/**
 * A whole number of the query.
 * @throws StorageError InvalidArgument for anything else
 */
export function numberParameter(
  { query }: S3Request,
  name: string,
  { least = 0, most = 2 ** 31 - 1 }: { least?: number; most?: number } = {},
): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const number = Number(text);
  if (!/^\d{1,10}$/.test(text) || number < least || number > most) {
    throw S3_ERRORS.invalidArgument(`Argument ${name} must be an integer between ${least} and ${most}`);
  }
  return number;
}

/**
 * How names are written into a listing: `encoding-type=url` makes every one safe in XML, slashes included, as storage-api
 * has it.
 * @throws StorageError InvalidArgument
 */
export function encodingOfNames({ query }: S3Request): {
  type: string | undefined;
  encode: (text: string) => string;
} {
  const type = query.get('encoding-type') ?? undefined;
  if (type === undefined) return { type, encode: (text) => text };
  if (type !== 'url') throw S3_ERRORS.invalidArgument('Invalid Encoding Method specified in Request');
  return { type, encode: encodeUri };
}

/** The uploader's own words: `x-amz-meta-*`. */
export function userMetadataOf({ headers }: Pick<S3Request, 'headers'>): Record<string, string> {
  const prefix = 'x-amz-meta-';
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(prefix) && name.length > prefix.length)
      .map(([name, value]) => [name.slice(prefix.length), String(value)]),
  );
}

/**
 * The object that a copy is made of: `x-amz-copy-source`, `bucket/key` with or without a slash before it.
 * @throws StorageError InvalidArgument
 */
export function copySourceOf(request: S3Request): { bucketId: string; name: string } {
  const header = headerOf(request, 'x-amz-copy-source') ?? '';
  const path = decode(header.replace(/\?versionId=.*$/s, '')).replace(/^\//, '');
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1) {
    throw S3_ERRORS.invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  return { bucketId: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** Each part by itself: no object has a `%` in its name, so what is not an escape leads to none. */
function decode(path: string): string {
  return path
    .split('/')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    })
    .join('/');
}
