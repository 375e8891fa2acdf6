import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

const UNITS: Record<string, number> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

/**
 * Bytes of `1000`, `"10MB"`, `"1.5gb"`: decimal units, as the storage API has them.
 * @throws StorageError InvalidRequest for anything else
 */
export function fileSizeInBytes(size: number | string): number {
  if (typeof size === 'number') return size;
  const match = /^(\d+(?:\.\d+)?)(gb|mb|kb|b)$/i.exec(size);
  const factor = UNITS[match?.[2]?.toLowerCase() ?? ''];
  if (match?.[1] === undefined || factor === undefined) throw STORAGE_ERRORS.invalidFileSizeLimit();
  return Math.floor(Number(match[1]) * factor);
}
