/** One condition of a filter: `column=operator.value`, negated by `not.`. */
export interface FilterCondition {
  readonly column: string;
  readonly op: string;
  readonly value: string;
  readonly negate: boolean;
}

/** A filter that is none; the message is the one clients get. */
export class FilterError extends Error {}

const OPERATORS = new Set([
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
]);

/**
 * Reads the filter of a postgres_changes subscription: conditions that all must hold, separated by commas. Commas inside
 * parentheses or double quotes separate nothing.
 * @throws FilterError
 */
export function parseFilter(filter: string): FilterCondition[] {
  return filter.trim() === '' ? [] : splitConditions(filter.trim()).map(parseCondition);
}

function splitConditions(filter: string): string[] {
  const conditions: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < filter.length; index += 1) {
    const character = filter.charAt(index);
    if (quoted) {
      if (character === '\\') index += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') {
      // A quote opens a text only where a value begins; elsewhere it is a character like any other.
      quoted = ['.', '(', ','].includes(filter.charAt(index - 1));
    } else if (character === '(') {
      depth += 1;
    } else if (character === ')') {
      depth = Math.max(0, depth - 1);
    } else if (character === ',' && depth === 0) {
      conditions.push(filter.slice(start, index));
      start = index + 1;
    }
  }
  return [...conditions, filter.slice(start)];
}

function parseCondition(text: string): FilterCondition {
  const trimmed = text.trim();
  if (trimmed === '')
    throw new FilterError('filter must not contain empty segments (check for extra commas)');
  const [column, expression] = splitOnce(trimmed, '=');
  if (expression === undefined) throw new FilterError(JSON.stringify([trimmed]));
  const negate = expression.startsWith('not.');
  const [op, value] = splitOnce(negate ? expression.slice(4) : expression, '.');
  if (value === undefined) throw new FilterError(JSON.stringify([op]));
  if (!OPERATORS.has(op)) throw new FilterError(`["${op}", "${value}"]`);
  return { column, op, value: op === 'in' ? asArray(value) : unquote(value), negate };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** `(a,b)` as Postgres writes an array: the quoting of the elements is the same. */
function asArray(value: string): string {
  if (!value.startsWith('(') || !value.endsWith(')')) {
    throw new FilterError('`in` filter value must be wrapped by parentheses');
  }
  return `{${value.slice(1, -1)}}`;
}

function unquote(value: string): string {
  if (!/^"(?:[^"\\]|\\.)*"$/s.test(value)) return value;
  return value.slice(1, -1).replace(/\\(.)/gs, '$1');
}
