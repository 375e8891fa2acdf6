import { Cursor } from './cursor.ts';
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
  cursor.expectEnd('"," or end of input');
  return orders;
}

function parseTerm(cursor: Cursor): Order {
  const first = parseField(cursor);
  const inner = first.path.length === 0 && cursor.take('(') ? parseField(cursor) : undefined;
  if (inner) cursor.expect(')');
  const direction = cursor.match(/\.(?:asc|desc)(?![\p{L}\p{N}_])/u)?.slice(1);
  const nulls = cursor.match(/\.(?:nullsfirst|nullslast)(?![\p{L}\p{N}_])/u)?.slice(1);
  if (!cursor.atEnd && !/[,\s]/.test(cursor.next))
    throw cursor.error('delimiter (.), "asc", "desc", "nullsfirst" or "nullslast"');
  return {
    field: inner ?? first,
    ...(inner ? { relation: first.name } : {}),
    ...(direction === undefined ? {} : { direction: direction as 'asc' | 'desc' }),
    ...(nulls === undefined ? {} : { nulls: nulls as 'nullsfirst' | 'nullslast' }),
  };
}
