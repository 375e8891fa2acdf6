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
    throw refusals.range(`An offset of ${from} was requested, but there are only ${total} rows.`, total);
  }
  return page < total ? 206 : 200;
}

/** What both the query string and the `Range` header ask for. @throws RestError PGRST103 where that is nothing */
export function applyRange(
  node: { limit: number | undefined; offset: number },
  { range }: RestRequest,
): void {
  if (!range) return;
  const end = Math.min(
    node.limit === undefined ? Infinity : node.offset + node.limit,
    range.to === undefined ? Infinity : range.to + 1,
  );
  const offset = Math.max(node.offset, range.from);
  if (end <= offset && node.limit !== 0)
    throw refusals.range('Limit should be greater than or equal to zero.');
  node.offset = offset;
  if (end !== Infinity) node.limit = Math.max(end - offset, 0);
}
