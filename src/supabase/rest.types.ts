/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** A row of a table: column → value. */
export type Row = Record<string, unknown>;

/** What a column may equal. `null` stands for SQL's null, an array for any of its values. */
export type Equal = string | number | boolean | null | readonly (string | number | boolean)[];

/** A filter as PostgREST writes it: `['age', 'gte.18']`, `['or', '(a.eq.1,b.is.null)']`, `['id', 'in.(1,2)']`. */
export type RestFilter = readonly [column: string, filter: string];

/**
 * Which rows: those whose columns equal these values (a value is never read as an operator, so it may come from
 * anybody), or filters as PostgREST writes them. All of them have to hold.
 */
export type Filters = Readonly<Record<string, Equal>> | readonly RestFilter[];
