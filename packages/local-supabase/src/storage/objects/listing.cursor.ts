import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { ListedEntry, SortColumn, SortOrder } from './listing.repository.ts';

type CursorColumn = Exclude<SortColumn, 'last_accessed_at'>;

/** Where a page ended, and in which order: a cursor keeps its order whatever the next request says. */
export interface Cursor {
  readonly after: string;
  readonly afterTime: string;
  readonly column: CursorColumn;
  readonly order: SortOrder;
}

const COLUMNS: readonly string[] = ['name', 'created_at', 'updated_at'];

/** Writes the cursor of a page that ended with `last`: base64 of lines `l:` name, `o:` order, `c:` column, `a:` time. */
export function cursorOf(last: ListedEntry, column: CursorColumn, order: SortOrder): string {
  const time = column === 'name' ? null : last[column];
  const lines = [`l:${last.name}`, `o:${order}`, `c:${column}`, ...(time ? [`a:${time.toISOString()}`] : [])];
  return Buffer.from(lines.join('\n')).toString('base64');
}

/** @throws StorageError InvalidParameter */
export function readCursor(text: string): Cursor {
  const parts = new Map<string, string>();
  for (const line of Buffer.from(text, 'base64').toString().split('\n')) {
    const match = /^([loca]):(.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) {
      throw STORAGE_ERRORS.invalidParameter('continuation token');
    }
    parts.set(match[1], match[2]);
  }
  const column = parts.get('c') ?? 'name';
  const afterTime = parts.get('a') ?? '';
  const after = parts.get('l') ?? '';
  const isTime = afterTime === '' || !Number.isNaN(Date.parse(afterTime));
  if (!COLUMNS.includes(column) || !isTime || after === '' || after.includes('\0')) {
    throw STORAGE_ERRORS.invalidParameter('continuation token');
  }
  return {
    after,
    afterTime,
    column: column as CursorColumn,
    order: parts.get('o') === 'desc' ? 'desc' : 'asc',
  };
}
