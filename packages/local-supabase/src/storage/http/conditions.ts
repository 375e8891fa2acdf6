import type { IncomingHttpHeaders } from 'node:http';
import type { ByteRange } from '../files/file.store.ts';

/** What a client's copy is compared with. */
export interface Validators {
  readonly eTag: string | undefined;
  readonly lastModified: Date | undefined;
}

/** RFC 9110, 13.2.2: `If-None-Match` decides where it is sent, `If-Modified-Since` otherwise. */
export function isNotModified(headers: IncomingHttpHeaders, { eTag, lastModified }: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return eTag !== undefined && (tags.trim() === '*' || tags.split(',').some((tag) => sameTag(tag, eTag)));
  }
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return lastModified !== undefined && !Number.isNaN(since) && inSeconds(lastModified) <= since / 1000;
}

/**
 * The one range a request asks for. Undefined means the whole: no range, several ranges, a unit other than bytes, or an
 * `If-Range` that names another version.
 */
export function rangeOf(
  headers: IncomingHttpHeaders,
  size: number,
  validators: Validators,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.range ?? '');
  if (!match || !isSameVersion(headers['if-range'], validators)) return undefined;
  const [first, last] = [match[1] ?? '', match[2] ?? ''];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Number(last);
    return length === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

function isSameVersion(
  condition: string | string[] | undefined,
  { eTag, lastModified }: Validators,
): boolean {
  if (typeof condition !== 'string') return true;
  if (condition.startsWith('"')) return condition === eTag;
  return lastModified !== undefined && Date.parse(condition) / 1000 === inSeconds(lastModified);
}

function sameTag(tag: string, eTag: string): boolean {
  const bare = (text: string): string => text.trim().replace(/^W\//, '').replaceAll('"', '');
  return bare(tag) === bare(eTag);
}

/** Dates of HTTP have no milliseconds. */
function inSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
