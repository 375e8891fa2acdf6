import type { Validators } from '../../http/conditions.ts';
import { isNotModified } from '../../http/conditions.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import { headerOf, type S3Request } from '../s3.request.ts';

/** `If-Match` and `If-Unmodified-Since` (RFC 9110, 13.2.2). @throws StorageError PreconditionFailed */
export function mustMatch(request: S3Request, { eTag, lastModified }: Validators, prefix = ''): void {
  const tags = headerOf(request, `${prefix}if-match`);
  if (tags !== undefined) {
    const wanted = tags.split(',').map(bare);
    if (wanted.includes('*') || (eTag !== undefined && wanted.includes(bare(eTag)))) return;
    throw S3_ERRORS.preconditionFailed();
  }
  const since = Date.parse(headerOf(request, `${prefix}if-unmodified-since`) ?? '');
  if (lastModified === undefined || Number.isNaN(since)) return;
  if (Math.floor(lastModified.getTime() / 1000) > since / 1000) throw S3_ERRORS.preconditionFailed();
}

/** All four conditions on the source of a copy (`x-amz-copy-source-if-*`). @throws StorageError PreconditionFailed */
export function mustFitCopy(request: S3Request, validators: Validators): void {
  const prefix = 'x-amz-copy-source-';
  mustMatch(request, validators, prefix);
  const conditions = {
    'if-none-match': headerOf(request, `${prefix}if-none-match`),
    'if-modified-since': headerOf(request, `${prefix}if-modified-since`),
  };
  if (isNotModified(conditions, validators)) throw S3_ERRORS.preconditionFailed();
}

function bare(tag: string): string {
  return tag.trim().replaceAll('"', '');
}
