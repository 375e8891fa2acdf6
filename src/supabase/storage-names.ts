import { invalidFields } from '../platform/errors/errors.js';

/** In bytes, as S3 and Supabase have it. */
const LONGEST_PATH = 1_024;
const LONGEST_BUCKET = 100;

/** What Supabase takes as a bucket's name; a slash would make it a path. */
const BUCKET = /^[\w!\-.*'() &$@=;:+,?]+$/;

/** No name has control characters, and a backslash is a slash to some. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f\\]/;

/** What is wrong with a bucket's name; undefined when nothing is. */
export function bucketFault(bucket: string): string | undefined {
  if (bucket.length > LONGEST_BUCKET || !BUCKET.test(bucket) || bucket === '.' || bucket === '..')
    return 'must be the name of a bucket';
  return undefined;
}

/**
 * What is wrong with an object's path; undefined when nothing is. Whatever a URL, a proxy or a disk could read as another
 * path than the one that policies are asked about is refused here, before a request is made of it.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (Buffer.byteLength(path) > LONGEST_PATH) return `must not be longer than ${LONGEST_PATH} bytes`;
  if (UNSAFE.test(path)) return 'must not contain control characters or backslashes';
  const segments = path.split('/');
  if (segments.includes('')) return 'must not contain empty segments';
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return 'must not contain . or .. as a segment';
  if (!path.isWellFormed()) return 'must be well-formed text';
  return undefined;
}

/** The same for a JSON schema, which has no word for bytes and for well-formed text. */
export const OBJECT_PATH = {
  type: 'string',
  minLength: 1,
  maxLength: LONGEST_PATH,
  pattern: String.raw`^(?!\.{0,2}(?:/|$))(?!.*/\.{0,2}(?:/|$))[^\u0000-\u001f\u007f\\]+$`,
} as const;

/** A bucket's name as one segment of a URL. @throws AppError `validation` */
export function bucketSegment(bucket: string): string {
  mustBe('bucket', bucketFault(bucket));
  return encodeURIComponent(bucket);
}

/** A bucket and an object in it as segments of a URL. @throws AppError `validation` */
export function objectSegments(bucket: string, path: string): string {
  mustBePath('path', path);
  return `${bucketSegment(bucket)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** @throws AppError `validation` that names the field */
export function mustBePath(field: string, path: string): void {
  mustBe(field, pathFault(path));
}

function mustBe(field: string, fault: string | undefined): void {
  if (fault !== undefined) throw invalidFields([{ field, message: `${field} ${fault}` }]);
}
