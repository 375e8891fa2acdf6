import { refuse } from '../errors/catalogue.ts';

/** How users may be listed: by when they were made. */
export type SortDirection = 'asc' | 'desc';

/** Reads `sort`, such as `created_at asc`; newest first unless told otherwise. */
export function readSort(query: URLSearchParams): SortDirection {
  const text = (query.get('sort') ?? '').trim();
  if (text === '') return 'desc';
  let direction: SortDirection = 'desc';
  for (const part of text.split(',')) {
    const [field = '', order = 'desc'] = part.trim().split(/\s+/);
    if (field !== 'created_at') throw refuse.validation(`Bad Sort Parameters: bad field for sort '${field}'`);
    const lower = order.toLowerCase();
    if (lower !== 'asc' && lower !== 'desc') {
      const message = `bad direction for sort '${order}', only 'asc' and 'desc' allowed`;
      throw refuse.validation(`Bad Sort Parameters: ${message}`);
    }
    direction = lower;
  }
  return direction;
}
