import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

const MAX_LENGTH = 100;
const ALLOWED = /^[\w!\-.*'() &$@=;:+,?]+$/;

/** Names as S3 allows them, without slashes. @throws StorageError InvalidBucketName */
export function mustBeBucketName(name: string): void {
  const dots = name === '.' || name === '..';
  if (dots || name.length > MAX_LENGTH || !ALLOWED.test(name)) throw STORAGE_ERRORS.invalidBucketName();
}
