import { invalid, invalidFields } from '../platform/errors/errors.js';

/** Postgres cuts longer names. */
const LONGEST_NAME = 63;

/** No dot (a schema), no slash or percent sign (a path), no quotes, commas and parentheses (PostgREST's grammar). */
const NAME = /^[\p{L}_][\p{L}\p{N}_$-]*$/u;

/** Columns, also inside JSON (`data->>key`) and of embedded resources (`author.name`). */
const COLUMN = /^[\p{L}_][\p{L}\p{N}_$ .>:-]*$/u;

/**
 * A table's, view's or function's name, for the path of a request.
 * @throws AppError `validation` for what could lead to another path or schema
 */
export function nameOf(kind: 'table' | 'function', name: string): string {
  if (name.length > LONGEST_NAME || !NAME.test(name)) {
    throw invalidFields([
      { field: kind, message: `${kind} must be the name of a ${kind}, without a schema` },
    ]);
  }
  return encodeURIComponent(name);
}

/** A column's name as a list of columns has it. */
export function quoted(column: string): string {
  return `"${column.replace(/[\\"]/g, '\\$&')}"`;
}

/** Whether a name can be a column in a filter. */
export function isColumn(name: string): boolean {
  return name.length <= 256 && COLUMN.test(name);
}

/**
 * The columns that make a row the same one, from `a,b`.
 * @throws AppError `validation` for what is no list of names
 */
export function conflictColumns(columns: string): string {
  const names = columns.split(',').map((name) => name.trim());
  if (!names.every((name) => name.length <= LONGEST_NAME && NAME.test(name))) {
    throw invalid('on_conflict must be columns, separated by commas', {
      errors: [{ field: 'on_conflict', message: 'on_conflict must be columns, separated by commas' }],
    });
  }
  return names.join(',');
}
