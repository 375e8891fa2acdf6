import { Cursor } from './cursor.ts';
import { parseField } from './field.parser.ts';
import { FULL_TEXT, IS_VALUES, QUANTIFIED, SIMPLE } from './query.types.ts';
import type { Condition, Logic, Operation } from './query.types.ts';

const OPERATOR = /[a-z]+/;
const EXPECTING = 'operator (eq, gt, ...)';
const MAX_DEPTH = 50;

/** `not.eq.value`, `in.(a,b)`, `fts(english).cat`, `like(any).{a,b}`: the right side of a filter. */
export function parseOperation(text: string): { negated: boolean; operation: Operation } {
  const cursor = new Cursor('filter', text);
  const negated = cursor.take('not.');
  const operation = parseOperator(cursor, () => rest(cursor));
  cursor.expectEnd('end of input');
  return { negated, operation };
}

/** True where a value can only be meant as a filter, not as an argument. */
export function isOperation(text: string): boolean {
  try {
    parseOperation(text);
    return true;
  } catch {
    return false;
  }
}

/** `(a.eq.1,or(b.gt.2,c.is.null))` after `and=` or `or=`. */
export function parseLogic(kind: 'and' | 'or', negated: boolean, text: string): Logic {
  const cursor = new Cursor('logic tree', text);
  const logic = parseGroup(cursor, kind, negated, 0);
  cursor.expectEnd('end of input');
  return logic;
}

function parseGroup(cursor: Cursor, kind: 'and' | 'or', negated: boolean, depth: number): Logic {
  if (depth > MAX_DEPTH) throw cursor.error('fewer levels of logic');
  cursor.match(/\s*/);
  cursor.expect('(');
  const conditions: Condition[] = [];
  do {
    cursor.match(/\s*/);
    conditions.push(parseCondition(cursor, depth));
    cursor.match(/\s*/);
  } while (cursor.take(','));
  cursor.expect(')');
  return { kind, negated, conditions };
}

function parseCondition(cursor: Cursor, depth: number): Condition {
  const group = /(not\.)?(and|or)/.exec(cursor.match(/(?:not\.)?(?:and|or)(?=\s*\()/) ?? '');
  if (group) return parseGroup(cursor, group[2] === 'or' ? 'or' : 'and', group[1] !== undefined, depth + 1);
  const field = parseField(cursor);
  cursor.expect('.');
  const negated = cursor.take('not.');
  const operation = parseOperator(cursor, () => valueInLogic(cursor));
  return { kind: 'filter', field, negated, operation };
}

function parseOperator(cursor: Cursor, value: () => string): Operation {
  const start = cursor.position;
  const operator = cursor.match(OPERATOR) ?? '';
  const parameter = cursor.take('(') ? parseParameter(cursor) : undefined;
  const unknown = (): never => {
    cursor.back(start);
    throw cursor.error(EXPECTING);
  };
  if (!cursor.take('.')) return unknown();
  if (one(FULL_TEXT, operator)) {
    return {
      kind: 'text',
      operator,
      value: value(),
      ...(parameter === undefined ? {} : { language: parameter }),
    };
  }
  if (one(QUANTIFIED, operator)) {
    if (parameter === undefined) return { kind: 'compare', operator, value: value() };
    if (parameter !== 'any' && parameter !== 'all') return unknown();
    return { kind: 'compare', operator, quantifier: parameter, value: value() };
  }
  if (parameter !== undefined) return unknown();
  if (one(SIMPLE, operator)) return { kind: 'simple', operator, value: value() };
  if (operator === 'is') return { kind: 'is', value: parseIs(cursor) };
  if (operator === 'in') return { kind: 'in', values: parseList(cursor) };
  return unknown();
}

function one<T extends string>(known: readonly T[], operator: string): operator is T {
  return (known as readonly string[]).includes(operator);
}

function parseParameter(cursor: Cursor): string {
  const word = cursor.match(/[\p{L}\p{N}_ $]+/u) ?? '';
  cursor.expect(')');
  return word;
}

function parseIs(cursor: Cursor): (typeof IS_VALUES)[number] {
  const start = cursor.position;
  const word = (cursor.match(/[a-z_]+/i) ?? '').toLowerCase();
  if (one(IS_VALUES, word)) return word;
  cursor.back(start);
  throw cursor.error('isVal: (null, not_null, true, false, unknown)');
}

function parseList(cursor: Cursor): string[] {
  cursor.expect('(');
  if (cursor.take(')')) return [];
  const values: string[] = [];
  do values.push(listElement(cursor));
  while (cursor.take(','));
  cursor.expect(')');
  return values;
}

/** Quotes count only around the whole element. */
function listElement(cursor: Cursor): string {
  return quotedBefore(cursor, ',)') ?? cursor.until(',)');
}

function valueInLogic(cursor: Cursor): string {
  return quotedBefore(cursor, ',)') ?? cursor.match(/\{[^{}]*\}(?=[,)]|$)/) ?? cursor.until(',)');
}

function quotedBefore(cursor: Cursor, stops: string): string | undefined {
  if (!cursor.follows('"')) return undefined;
  const start = cursor.position;
  try {
    const text = cursor.quoted();
    if (cursor.atEnd || stops.includes(cursor.next)) return text;
  } catch {
    // Not closed: then the quote is a character like any other.
  }
  cursor.back(start);
  return undefined;
}

function rest(cursor: Cursor): string {
  return cursor.until('');
}
