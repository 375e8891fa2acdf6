import { Cursor, sharedLength } from './cursor.ts';
import { parseField } from './field.parser.ts';
import type { Order } from './query.types.ts';

/** `a.desc.nullslast,b->c.asc,relation(column).desc`. @throws RestError PGRST100 */
export function parseOrder(text: string): Order[] {
  const cursor = new Cursor('order', text);
  const orders: Order[] = [];
  do {
    cursor.match(/\s*/);
    orders.push(parseTerm(cursor));
    cursor.match(/\s*/);
  } while (cursor.take(','));
  return orders;
}

function parseTerm(cursor: Cursor): Order {
  const first = parseField(cursor);
  const inner = first.path.length === 0 && cursor.take('(') ? parseField(cursor) : undefined;
  if (inner) cursor.expect(')');
  const direction = cursor.match(/\.(?:asc|desc)/)?.slice(1);
  const nulls = cursor.match(/\.(?:nullsfirst|nullslast)/)?.slice(1);
  if (!cursor.atEnd && !/[,\s]/.test(cursor.next)) unexpectedEnd(cursor, direction, nulls);
  return {
    field: inner ?? first,
    ...(inner ? { relation: first.name } : {}),
    ...(direction === undefined ? {} : { direction: direction as 'asc' | 'desc' }),
    ...(nulls === undefined ? {} : { nulls: nulls as 'nullsfirst' | 'nullslast' }),
  };
}

function unexpectedEnd(cursor: Cursor, direction: string | undefined, nulls: string | undefined): never {
  if (nulls === undefined && cursor.take('.')) {
    const [tried, words] =
      direction === undefined
        ? ['asc', '"asc", "desc", "nullsfirst" or "nullslast"']
        : ['nullsfirst', '"nullsfirst" or "nullslast"'];
    const text = cursor.text.slice(cursor.position);
    throw cursor.error(words, text[sharedLength(text, tried)] ?? '');
  }
  const name = direction === undefined && nulls === undefined ? 'letter, digit, "-", "->>", "->", ' : '';
  throw cursor.error(
    `${name}${nulls === undefined ? 'delimiter (.), ' : ''}"," or end of input`,
    cursor.next,
    "'",
  );
}
