import { Cursor } from './cursor.ts';
import { parseField } from './field.parser.ts';
import type { Aggregate, EmbedSelect, FieldSelect, SelectItem } from './query.types.ts';

const AGGREGATE = /\.(count|sum|avg|max|min)\(\)/;
const WHAT = 'select parameter';
/** Deeper than any schema; what is deeper is an attack on the stack. */
const MAX_DEPTH = 50;

/** `a,alias:b::text,c->d,total:e.sum(),table!hint!inner(*),...other(f)`. @throws RestError PGRST100 */
export function parseSelect(text: string): SelectItem[] {
  const cursor = new Cursor(WHAT, text);
  const items = parseItems(cursor, 0);
  // PostgREST looks no further than a parenthesis that closes.
  if (items.at(-1)?.kind !== 'embed' && !cursor.follows(')')) cursor.expectEnd('"," or end of input');
  return items;
}

function parseItems(cursor: Cursor, depth: number): SelectItem[] {
  if (depth > MAX_DEPTH) throw cursor.error('fewer levels of embedding');
  const items: SelectItem[] = [];
  cursor.match(/\s*/);
  if (cursor.atEnd || cursor.follows(')')) return items;
  do {
    cursor.match(/\s*/);
    items.push(parseItem(cursor, depth));
    cursor.match(/\s*/);
  } while (cursor.take(','));
  return items;
}

function parseItem(cursor: Cursor, depth: number): SelectItem {
  if (cursor.take('...')) return parseEmbed(cursor, true, depth) ?? fail(cursor);
  const start = cursor.position;
  const embed = parseEmbed(cursor, false, depth);
  if (embed) return embed;
  cursor.back(start);
  return parseFieldSelect(cursor);
}

function fail(cursor: Cursor): never {
  throw cursor.error('"("');
}

/** Nothing where no parenthesis follows: then it is a column. */
function parseEmbed(cursor: Cursor, spread: boolean, depth: number): EmbedSelect | undefined {
  if (cursor.follows('*')) return undefined;
  const alias = parseAlias(cursor);
  const name = cursor.name();
  let hint: string | undefined;
  let join: 'inner' | 'left' | undefined;
  while (cursor.take('!')) {
    const word = cursor.name();
    if (word === 'inner' || word === 'left') join = word;
    else hint = word;
  }
  // `count()` is the aggregate.
  if (!cursor.follows('(') || (name === 'count' && cursor.follows('()'))) return undefined;
  cursor.expect('(');
  const select = parseItems(cursor, depth + 1);
  cursor.expect(')');
  return {
    kind: 'embed',
    name,
    spread,
    select,
    ...(alias === undefined ? {} : { alias }),
    ...(hint === undefined ? {} : { hint }),
    ...(join === undefined ? {} : { join }),
  };
}

function parseFieldSelect(cursor: Cursor): FieldSelect {
  if (cursor.take('*')) {
    expectFieldEnd(cursor, '');
    return { kind: 'field', field: { name: '*', path: [] } };
  }
  const alias = parseAlias(cursor);
  if (cursor.take('count()')) {
    return {
      kind: 'field',
      field: { name: '*', path: [] },
      aggregate: 'count',
      ...optional('aggregateCast', parseCast(cursor)),
      ...optional('alias', alias),
    };
  }
  const field = parseField(cursor);
  const cast = parseCast(cursor);
  const aggregate = AGGREGATE.exec(cursor.match(AGGREGATE) ?? '')?.[1] as Aggregate | undefined;
  const aggregateCast = aggregate === undefined ? undefined : parseCast(cursor);
  const bare = field.path.length === 0 && cast === undefined && aggregate === undefined;
  expectFieldEnd(cursor, bare ? 'letter, digit, "-", "->>", "->", "::", ".", ' : '');
  return {
    kind: 'field',
    field,
    ...optional('cast', cast),
    ...optional('aggregate', aggregate),
    ...optional('aggregateCast', aggregateCast),
    ...optional('alias', alias),
  };
}

function expectFieldEnd(cursor: Cursor, more: string): void {
  cursor.match(/\s*/);
  if (!cursor.atEnd && !cursor.follows(',') && !cursor.follows(')'))
    throw cursor.error(`${more}")", "," or end of input`, cursor.next, "'");
}

function optional<K extends string, V>(key: K, given: V | undefined): Partial<Record<K, V>> {
  return given === undefined ? {} : ({ [key]: given } as Partial<Record<K, V>>);
}

/** `alias:`, where no cast (`::`) follows. */
function parseAlias(cursor: Cursor): string | undefined {
  const start = cursor.position;
  const name = cursor.name();
  if (cursor.follows(':') && !cursor.follows('::')) {
    cursor.expect(':');
    return name;
  }
  cursor.back(start);
  return undefined;
}

/** The name of a type is put into the statement as it is, so that `double precision` works: words, and no more. */
function parseCast(cursor: Cursor): string | undefined {
  if (!cursor.take('::')) return undefined;
  const type = cursor.match(/\s*[\p{L}_][\p{L}\p{N}_]*(?: +[\p{L}_][\p{L}\p{N}_]*)*\s*/u);
  if (type === undefined) throw cursor.error('name of a type');
  return type.trim();
}
