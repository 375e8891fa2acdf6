import { unavailable } from '../platform/errors/errors.js';

/** `JSON.rawJSON`, which TypeScript does not know yet: a value that `JSON.stringify` writes as this text. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** What could be a number with more digits than JavaScript's have. */
const LONG_NUMBER = /\d[\d.]{15}/;

/**
 * JSON from Supabase, read so that writing it again gives the same numbers: those that JavaScript cannot hold (a `bigint`,
 * a long `numeric`) are kept as their text. Other than `JSON.parse`, it is not for computing.
 * @throws AppError `unavailable` for what is no JSON
 */
export function parseExactly(text: string): unknown {
  // A function of type void says nothing at all.
  if (text === '') return null;
  try {
    if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
    const reviver: Reviver = (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && LONG_NUMBER.test(source) ? rawJSON(source) : value;
    return JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as unknown;
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
}

/** Rows, checked to be some. */
export function rowsOf<T>(value: unknown): T[] {
  if (Array.isArray(value)) return value as T[];
  throw unavailable(undefined, { cause: new Error("Supabase's answer is no list of rows") });
}
