import { unavailable } from '../platform/errors/errors.js';
import { parseExactNumbers } from '../platform/http/exact-numbers.js';

/**
 * JSON from Supabase, read so that writing it again gives the same numbers: those that JavaScript cannot hold (a `bigint`,
 * a long `numeric`) are kept as their text. Other than `JSON.parse`, it is not for computing.
 * @throws AppError `unavailable` for what is no JSON
 */
export function parseExactly(text: string): unknown {
  // A function of type void says nothing at all.
  if (text === '') return null;
  try {
    return parseExactNumbers(text);
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
}

/** Rows, checked to be some. */
export function rowsOf<T>(value: unknown): T[] {
  if (Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null))
    return value as T[];
  throw unavailable(undefined, { cause: new Error("Supabase's answer is no list of rows") });
}
