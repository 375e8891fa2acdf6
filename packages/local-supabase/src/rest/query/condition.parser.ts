import { Cursor, sharedLength } from './cursor.ts';
import { parseField } from './field.parser.ts';
import { FULL_TEXT, IS_VALUES, QUANTIFIED, SIMPLE } from './query.types.ts';
import type { Condition, Logic, Operation } from './query.types.ts';

/** An operator with the dot behind it, and what stands in parentheses between: `fts(english).`, `eq(any).`. */
const OPERATOR = /^([a-z]+)(?:\(([\p{L}\p{N}_ $]+)\))?\./u;
const CONDITION = 'field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)';
const BLANKS = /[ \t]*/;
const EXPECTING = 'operator (eq, gt, ...)';
const MAX_DEPTH = 50;

/** `not.eq.value`, `in.(a,b)`, `fts(english).cat`, `like(any).{a,b}`: the right side of a filter. */
export function parseOperation(text: string): { negated: boolean; operation: Operation } {
  const cursor = new Cursor('filter', text);
  return parseNegated(cursor, () => cursor.until(''));
}

/** True where a value is a filter, and no argument. */
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
  return parseGroup(new Cursor('logic tree', text, kind.length + (negated ? 4 : 0)), kind, negated, 0);
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
  const field = parseField(cursor, CONDITION);
  cursor.expect('.');
  return { kind: 'filter', field, ...parseNegated(cursor, () => valueInLogic(cursor)) };
}

function parseNegated(cursor: Cursor, value: () => string): { negated: boolean; operation: Operation } {
  const negated = cursor.take('not.');
  return { negated, operation: parseOperator(cursor, value) ?? unknownOperator(cursor, negated) };
}

/** Nothing, and nothing taken, where no operator stands. */
function parseOperator(cursor: Cursor, value: () => string): Operation | undefined {
  if (cursor.take('in.')) return { kind: 'in', values: parseList(cursor) };
  if (cursor.take('is.')) return { kind: 'is', value: parseIs(cursor) };
  const [head, operator, parameter] = OPERATOR.exec(cursor.text.slice(cursor.position)) ?? [];
  if (head === undefined || operator === undefined) return undefined;
  if (one(FULL_TEXT, operator)) {
    cursor.take(head);
    const language = parameter === undefined ? {} : { language: parameter };
    return { kind: 'text', operator, value: value(), ...language };
  }
  if (one(QUANTIFIED, operator) && one([undefined, 'any', 'all'] as const, parameter)) {
    cursor.take(head);
    const quantifier = parameter === undefined ? {} : { quantifier: parameter };
    return { kind: 'compare', operator, value: value(), ...quantifier };
  }
  if (!one(SIMPLE, operator) || parameter !== undefined) return undefined;
  cursor.take(head);
  return { kind: 'simple', operator, value: value() };
}

/** As PostgREST words it: at the character that comes after as much of an operator as there is. */
function unknownOperator(cursor: Cursor, negated: boolean): never {
  const start = cursor.position;
  const text = cursor.text.slice(start);
  const lengths = [...QUANTIFIED, ...SIMPLE, ...FULL_TEXT, 'in', 'is'].map((operator) => {
    if (!text.startsWith(operator)) return 0;
    const inner = one(FULL_TEXT, operator)
      ? /^\([\p{L}\p{N}_ $]*/u
      : one(QUANTIFIED, operator)
        ? /^\((?:any|all)?/
        : /^/;
    return operator.length + (inner.exec(text.slice(operator.length))?.[0].length ?? 0);
  });
  const length = Math.max(...lengths);
  cursor.back(start + length);
  if (length > 0) throw cursor.error(EXPECTING);
  const tried = negated ? 'in' : 'not';
  const unexpected = text[sharedLength(text, tried)] ?? '';
  throw cursor.error(negated ? EXPECTING : `"not" or ${EXPECTING}`, unexpected);
}

function one<T>(known: readonly T[], word: unknown): word is T {
  return (known as readonly unknown[]).includes(word);
}

function parseIs(cursor: Cursor): (typeof IS_VALUES)[number] {
  const word = cursor.match(new RegExp(IS_VALUES.join('|'), 'i'))?.toLowerCase();
  if (one(IS_VALUES, word)) return word;
  const text = cursor.text.slice(cursor.position).toLowerCase();
  cursor.back(cursor.position + Math.max(...IS_VALUES.map((value) => sharedLength(text, value))));
  throw cursor.error('isVal: (null, not_null, true, false, unknown)');
}

/** An empty list is one empty element, and the other way round. */
function parseList(cursor: Cursor): string[] {
  cursor.match(BLANKS);
  cursor.expect('(');
  cursor.match(BLANKS);
  const values: string[] = [];
  do values.push(listElement(cursor));
  while (cursor.take(','));
  cursor.match(BLANKS);
  cursor.expect(')');
  return values.length === 1 && values[0] === '' ? [] : values;
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
