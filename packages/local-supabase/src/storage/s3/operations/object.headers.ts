import { validatorsOf } from '../../http/object.headers.ts';
import type { StoredObject, UserMetadata } from '../../objects/object.types.ts';

/** What a header may carry here; rows can be written by SQL. */
const PRINTABLE = /^[\x20-\x7e]*$/;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** What a client may ask the answer to say instead. */
const OVERRIDES = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/** What an object is, as S3 says it; `response-*` of the query wins. */
export function objectHeaders(
  object: StoredObject,
  query: URLSearchParams,
): Record<string, string | number | undefined> {
  const { eTag, lastModified } = validatorsOf(object);
  const { mimetype, cacheControl, contentEncoding } = object.metadata ?? {};
  return {
    'accept-ranges': 'bytes',
    'content-type': printable(mimetype) ?? 'application/octet-stream',
    'cache-control': printable(cacheControl),
    'content-encoding': printable(contentEncoding),
    etag: eTag,
    'last-modified': lastModified?.toUTCString(),
    ...userHeaders(object.user_metadata ?? {}),
    ...Object.fromEntries(
      OVERRIDES.flatMap((name) => {
        const value = printable(query.get(`response-${name}`));
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** Words that no header can carry are counted, as S3 does it. */
function userHeaders(words: UserMetadata): Record<string, string | number> {
  const headers: Record<string, string | number> = {};
  let missing = 0;
  for (const [name, value] of Object.entries(words)) {
    const text = printable(value);
    if (text !== undefined && NAME.test(name)) headers[`x-amz-meta-${name.toLowerCase()}`] = text;
    else missing += 1;
  }
  return missing === 0 ? headers : { ...headers, 'x-amz-missing-meta': missing };
}

function printable(value: unknown): string | undefined {
  return typeof value === 'string' && PRINTABLE.test(value) ? value : undefined;
}
