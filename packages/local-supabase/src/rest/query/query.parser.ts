import { refusals } from '../errors/refusals.ts';
import { isOperation, parseLogic, parseOperation } from './condition.parser.ts';
import { Cursor } from './cursor.ts';
import { parseJsonPath } from './field.parser.ts';
import { parseOrder } from './order.parser.ts';
import type { At, Condition, Field, Order, Query } from './query.types.ts';
import { parseSelect } from './select.parser.ts';

/** Beyond what Postgres counts. */
const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/**
 * The query string in PostgREST's language. The gateway's own `apikey` is not part of it, unless it reads like a filter.
 * @param callsByGet - what reads like no filter is an argument of the function
 * @throws RestError PGRST100
 */
export function parseQuery(search: string, callsByGet: boolean): Query {
  const parameters = [...new URLSearchParams(search)].filter(
    ([key, text]) => key !== 'apikey' || isOperation(text),
  );
  const last = (name: string): string | undefined => parameters.findLast(([key]) => key === name)?.[1];
  const conditions: At<Condition>[] = [];
  const orders: At<readonly Order[]>[] = [];
  const limits: At<number>[] = [];
  const offsets: At<number>[] = [];
  const args: [string, string][] = [];
  for (const [key, text] of parameters) {
    if (['select', 'columns', 'on_conflict'].includes(key)) continue;
    const [, prefix, word] = /^(.*?)(?:^|\.)(order|limit|offset|not\.and|not\.or|and|or)$/s.exec(key) ?? [];
    const path = prefix === undefined || prefix === '' ? [] : parsePath(prefix);
    if (word === 'order') orders.push({ path, value: text === '' ? [] : parseOrder(text) });
    else if (word === 'limit') limits.push({ path, value: parseCount('limit', text) });
    else if (word === 'offset') offsets.push({ path, value: parseCount('offset', text) });
    else if (word !== undefined) {
      const kind = word.endsWith('or') ? 'or' : 'and';
      conditions.push({ path, value: parseLogic(kind, word.startsWith('not.'), text) });
    } else if (callsByGet && !isOperation(text)) args.push([key, text]);
    else conditions.push(parseFilter(key, text));
  }
  const columns = last('columns');
  const onConflict = last('on_conflict');
  return {
    select: parseSelect(last('select') ?? '*'),
    conditions,
    orders,
    limits,
    offsets,
    arguments: args,
    ...(columns === undefined || columns === '' ? {} : { columns: parseNames('columns parameter', columns) }),
    ...(onConflict === undefined || onConflict === ''
      ? {}
      : { onConflict: parseNames('on_conflict parameter', onConflict) }),
  };
}

function parseFilter(key: string, text: string): At<Condition> {
  const { path, field } = parseKey(key);
  return { path, value: { kind: 'filter', field, ...parseOperation(text) } };
}

/** `relation.inner.column->key`: the names before the last one lead to an embedded resource. */
function parseKey(key: string): { path: string[]; field: Field } {
  const cursor = new Cursor('tree path', key);
  const names = [cursor.name()];
  while (cursor.take('.')) names.push(cursor.name());
  const steps = parseJsonPath(cursor);
  cursor.expectEnd('"." or end of input');
  return { path: names.slice(0, -1), field: { name: names.at(-1) ?? '', path: steps } };
}

function parsePath(prefix: string): string[] {
  const { path, field } = parseKey(prefix);
  return [...path, field.name];
}

function parseNames(what: string, text: string): string[] {
  const cursor = new Cursor(what, text);
  const names: string[] = [];
  do {
    cursor.match(/\s*/);
    names.push(cursor.name());
    cursor.match(/\s*/);
  } while (cursor.take(','));
  cursor.expectEnd('"," or end of input');
  return [...new Set(names)];
}

function parseCount(what: string, text: string): number {
  if (!/^-?\d+$/.test(text)) {
    const cursor = new Cursor(`${what} parameter`, text);
    cursor.match(/-?\d+/);
    throw cursor.error('digit');
  }
  const count = Math.min(Number(text), MAX_COUNT);
  if (what === 'limit' && count < 0) throw refusals.range('Limit should be greater than or equal to zero.');
  return Math.max(count, 0);
}
