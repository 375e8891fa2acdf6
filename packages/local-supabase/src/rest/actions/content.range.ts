import { refusals } from '../errors/refusals.ts';
import type { RestRequest } from '../request/rest.request.ts';
import type { Found } from './action.types.ts';

/** `0-9/100`: which rows these are, of how many; a star for what is not known or not there. */
export function contentRange(from: number, found: Pick<Found, 'page' | 'total'>): string {
  const rows = found.page === 0 ? '*' : `${from}-${from + found.page - 1}`;
  return `${rows}/${found.total ?? '*'}`;
}

/** 206 for a part of what there is. @throws RestError PGRST103 for a page behind the end */
export function rangeStatus(from: number, { page, total }: Found): 200 | 206 {
  if (total === undefined) return 200;
  if (from > total) {
    throw refusals.range(`An offset of ${from} was requested, but there are only ${total} rows.`);
  }
  return page < total ? 206 : 200;
}

/** The header narrows what the query string says. */
export function applyRange(
  node: { limit: number | undefined; offset: number },
  { range }: RestRequest,
): void {
  if (!range) return;
  node.offset += range.from;
  if (range.to === undefined) return;
  const asked = range.to - range.from + 1;
  node.limit = node.limit === undefined ? asked : Math.min(node.limit, asked);
}
