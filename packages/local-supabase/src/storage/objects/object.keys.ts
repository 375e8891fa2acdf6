import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

/** In bytes, as S3 has it; all allowed characters are one byte. */
const MAX_LENGTH = 1024;
const ALLOWED = /^[\w/!\-.*'() &$@=;:+,?]+$/;

/** Names the Dashboard gives to empty folders; such objects are always empty. */
const EMPTY_FOLDER = '.emptyFolderPlaceholder';

/**
 * Characters that are safe in S3 keys, and no segment that walks up: no key ever means another one.
 * @throws StorageError InvalidKey
 */
export function mustBeObjectKey(key: string): void {
  const walks = key.split('/').some((segment) => segment === '..' || segment === '.');
  if (walks || key.length > MAX_LENGTH || !ALLOWED.test(key)) throw STORAGE_ERRORS.invalidKey(key);
}

/** Whether the key marks an empty folder. */
export function isEmptyFolder(key: string): boolean {
  return key.endsWith(EMPTY_FOLDER);
}
