/** `JSON.rawJSON`, which TypeScript does not know yet: a value that `JSON.stringify` writes as this text. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON: (text: string) => unknown;
  isRawJSON: (value: unknown) => boolean;
};
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** What could be a number with more digits than JavaScript's have, or one beyond what they reach (1e400). */
const LONG_NUMBER = /\d[\d.]{15}|\d[eE][+-]?\d{3}/;

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * JSON read so that writing it again gives the same numbers: those that JavaScript cannot hold (a `bigint`, a long
 * `numeric`) are kept as their text. Other than `JSON.parse`, it is not for computing.
 * @throws SyntaxError for what is no JSON
 */
export function parseExactNumbers(json: string): unknown {
  // As the parser of all other bodies has it.
  const text = json.startsWith(BYTE_ORDER_MARK) ? json.slice(1) : json;
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
  const reviver: Reviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && LONG_NUMBER.test(source) ? rawJSON(source) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as unknown;
}

/** A number that is kept as its text: it looks like an object. */
export function isExactNumber(value: unknown): boolean {
  return isRawJSON(value);
}
