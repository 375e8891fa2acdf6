import { refusals } from '../errors/refusals.ts';
import { isOperation, parseLogic, parseOperation } from './condition.parser.ts';
import { Cursor } from './cursor.ts';
import { parseJsonPath } from './field.parser.ts';
import { parseOrder } from './order.parser.ts';
import type { At, Condition, Field, Order, Query } from './query.types.ts';
import { parseSelect } from './select.parser.ts';

/** What begins so is meant as a filter, and refused if it is none. */
const BEGUN = /^(?:not|in|is)\./;

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
  const first = (name: string): string | undefined => parameters.find(([key]) => key === name)?.[1];
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
    else if (word === 'limit') limits.push(...parseCount('limit', path, text));
    else if (word === 'offset') offsets.push(...parseCount('offset', path, text));
    else if (word !== undefined) {
      const kind = word.endsWith('or') ? 'or' : 'and';
      conditions.push({ path, value: parseLogic(kind, word.startsWith('not.'), text) });
    } else if (callsByGet && !BEGUN.test(text) && !isOperation(text)) args.push([key, text]);
    else conditions.push(parseFilter(key, text));
  }
  const columns = first('columns');
  const onConflict = first('on_conflict');
  return {
    select: parseSelect(first('select') ?? '*'),
    conditions,
    orders,
    limits,
    offsets,
    arguments: args,
    ...(columns === undefined ? {} : { columns: parseNames('columns parameter', columns) }),
    ...(onConflict === undefined ? {} : { onConflict: parseNames('on_conflict parameter', onConflict) }),
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
  return [...new Set(names)];
}

/** What is no number says nothing. @throws RestError PGRST103 for a limit below zero */
function parseCount(what: 'limit' | 'offset', path: readonly string[], text: string): At<number>[] {
  if (!/^\s*-?\d+\s*$/.test(text)) return [];
  const count = Math.min(Number(text), MAX_COUNT);
  if (what === 'limit' && count < 0) throw refusals.range('Limit should be greater than or equal to zero.');
  return [{ path, value: Math.max(count, 0) }];
}
