import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

const MAX_LENGTH = 1000;
const PATTERN = /^(?:[\w\-+.]+\/(?:[\w\-+.]+|\*)(?:;\s*charset=[\w-]+)?|\*|\*\/\*)$/;

/** Checks what a bucket is to allow: `image/png`, `image/*`, `text/plain; charset=utf-8`. @throws StorageError InvalidMimeType */
export function mustBeMimeTypes(types: readonly string[]): void {
  for (const type of types) {
    if (type.length > MAX_LENGTH || !PATTERN.test(type)) throw STORAGE_ERRORS.invalidMimeType(type);
  }
}

/**
 * Checks a file's type against what its bucket allows; an empty or absent list allows everything.
 * Parameters of the file's type (`; charset=…`) count only where the list names them.
 * @throws StorageError InvalidMimeType
 */
export function mustBeAllowed(type: string, allowed: readonly string[] | null): void {
  if (allowed === null || allowed.length === 0) return;
  const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
  const [family, subtype] = essence.split('/');
  if (!family || !subtype) throw STORAGE_ERRORS.invalidMimeType(type);
  const exact = type.replace(/\s+/g, '').toLowerCase();
  const matches = allowed.some((entry) => {
    const wanted = entry.replace(/\s+/g, '').toLowerCase();
    return (
      wanted === exact || wanted === essence || wanted === `${family}/*` || wanted === '*/*' || wanted === '*'
    );
  });
  if (!matches) throw STORAGE_ERRORS.invalidMimeType(type);
}
