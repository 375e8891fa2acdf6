import { refuse } from '../errors/catalogue.ts';

/** A page as asked for: numbers from 1, 50 to a page unless told otherwise. */
export interface Page {
  number: number;
  size: number;
}

/** Reads `page` and `per_page`. */
export function readPage(query: URLSearchParams): Page {
  const size = readUnsigned(query.get('per_page'), 50);
  if (size === 0) throw refuse.validation('Bad Pagination Parameters: per_page must be greater than 0');
  return { number: Math.max(1, readUnsigned(query.get('page'), 1)), size };
}

/** How many rows come before the page. */
export function offsetOf(page: Page): number {
  return Math.min((page.number - 1) * page.size, Number.MAX_SAFE_INTEGER);
}

/** The headers that tell how many there are, and where the next and the last page is. */
export function pageHeaders(url: URL, page: Page, total: number): { Link: string; 'X-Total-Count': string } {
  const last = Math.ceil(total / page.size);
  const links = [
    ...(last > page.number ? [`<${pageUrl(url, page.number + 1)}>; rel="next"`] : []),
    `<${pageUrl(url, last)}>; rel="last"`,
  ];
  return { Link: links.join(', '), 'X-Total-Count': String(total) };
}

function pageUrl(url: URL, page: number): string {
  const target = new URL(url);
  target.searchParams.set('page', String(page));
  // Clients look for the page's number right behind the first `=`.
  target.searchParams.sort();
  return `${target.pathname}${target.search}`;
}

function readUnsigned(text: string | null, fallback: number): number {
  if (text === null || text === '') return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw refuse.validation(`Bad Pagination Parameters: strconv.ParseUint: parsing "${text}": invalid syntax`);
}
