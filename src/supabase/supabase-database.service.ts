import { Injectable } from '@nestjs/common';
import { invalidFields } from '../platform/errors/errors.js';
import { isExactNumber } from '../platform/http/exact-numbers.js';
import { parseExactly, rowsOf } from './exact-json.js';
import { filterParameters, restrictingParameters } from './rest-filters.js';
import { conflictColumns, nameOf, quoted } from './rest-names.js';
import { askRest } from './rest-request.js';
import type { Filters, Row } from './rest.types.js';
import { SupabaseClients, type Behind } from './supabase-clients.service.js';

const RETURN_ROWS = 'return=representation';

/**
 * Tables and functions of Supabase's database, through PostgREST: with the rights of the token's user, or of nobody
 * signed in where there is none. Row-level security decides which rows there are.
 *
 * Numbers that JavaScript cannot hold (a `bigint` beyond 2^53) come as objects that `JSON.stringify` writes exactly;
 * select them as `column::text` to get a string.
 *
 * All functions throw AppErrors: `permission` for what a policy or grant refuses, `not_found` for an unknown table or
 * function, `conflict` for a duplicate or a missing reference, `validation` for whatever else is refused and for names
 * and filters that are none, `authentication` for a dead token, `unavailable` when Supabase cannot be reached. The
 * detail is the reason Supabase gives.
 */
@Injectable()
export class SupabaseDatabase {
  constructor(private readonly clients: SupabaseClients) {}

  /**
   * The rows of a table or view.
   * @param input.select which columns, in PostgREST's words (default `*`)
   * @param input.order `column.asc`, `column.desc.nullslast`, several separated by commas
   * @param input.limit at most so many rows (default: as many as Supabase gives)
   * @param input.offset so many rows are skipped (default 0)
   */
  async fetchData<T extends object = Row>(
    input: {
      table: string;
      select?: string | undefined;
      filters?: Filters | undefined;
      order?: string | undefined;
      limit?: number | undefined;
      offset?: number | undefined;
    } & Behind,
  ): Promise<T[]> {
    const { table, select = '*', filters = {}, order, limit, offset, ...behind } = input;
    return this.rows<T>({
      ...behind,
      method: 'GET',
      path: `/${nameOf('table', table)}`,
      parameters: [
        ...filterParameters(filters),
        ['select', select],
        ...(order === undefined ? [] : [['order', order] as const]),
        ...(limit === undefined ? [] : [['limit', String(limit)] as const]),
        ...(offset === undefined ? [] : [['offset', String(offset)] as const]),
      ],
    });
  }

  /** Inserts a row or rows (all or none). Answers them as they are then, with their defaults. */
  async insertData<T extends object = Row>(
    input: { table: string; data: Row | readonly Row[] } & Behind,
  ): Promise<T[]> {
    const { table, data, ...behind } = input;
    return this.rows<T>({
      ...behind,
      method: 'POST',
      path: `/${nameOf('table', table)}`,
      parameters: columnsOf(data),
      prefer: `${RETURN_ROWS},missing=default`,
      body: data,
    });
  }

  /**
   * Changes the rows that the filters leave, and answers them as they are then.
   * @throws AppError `validation` without filters, before anything is asked
   */
  async updateData<T extends object = Row>(
    input: { table: string; data: Row; filters: Filters } & Behind,
  ): Promise<T[]> {
    const { table, data, filters, ...behind } = input;
    return this.rows<T>({
      ...behind,
      method: 'PATCH',
      path: `/${nameOf('table', table)}`,
      parameters: restrictingParameters(filters, 'update'),
      prefer: RETURN_ROWS,
      body: data,
    });
  }

  /**
   * Inserts rows, or changes those that are there already. Answers them as they are then.
   * @param input.onConflict the columns that make a row the same one, separated by commas (default: the primary key)
   */
  async upsertData<T extends object = Row>(
    input: { table: string; data: Row | readonly Row[]; onConflict?: string | undefined } & Behind,
  ): Promise<T[]> {
    const { table, data, onConflict, ...behind } = input;
    return this.rows<T>({
      ...behind,
      method: 'POST',
      path: `/${nameOf('table', table)}`,
      parameters: [
        ...columnsOf(data),
        ...(onConflict === undefined ? [] : [['on_conflict', conflictColumns(onConflict)] as const]),
      ],
      prefer: `${RETURN_ROWS},resolution=merge-duplicates,missing=default`,
      body: data,
    });
  }

  /**
   * Deletes the rows that the filters leave, and answers what they were.
   * @throws AppError `validation` without filters, before anything is asked
   */
  async deleteData<T extends object = Row>(
    input: { table: string; filters: Filters } & Behind,
  ): Promise<T[]> {
    const { table, filters, ...behind } = input;
    return this.rows<T>({
      ...behind,
      method: 'DELETE',
      path: `/${nameOf('table', table)}`,
      parameters: restrictingParameters(filters, 'delete'),
      prefer: RETURN_ROWS,
    });
  }

  /**
   * Calls a function of the database.
   * @param input.params its arguments by name (default none)
   * @returns whatever it returns: rows, a value, or null
   */
  async callFunction(input: { functionName: string; params?: Row | undefined } & Behind): Promise<unknown> {
    const { functionName, params = {}, ...behind } = input;
    const path = `/rpc/${nameOf('function', functionName)}`;
    return parseExactly(await askRest(this.clients, { ...behind, method: 'POST', path, body: params }));
  }

  private async rows<T extends object>(request: Parameters<typeof askRest>[1]): Promise<T[]> {
    return rowsOf<T>(parseExactly(await askRest(this.clients, request)));
  }
}

/** As much of a URL as every server takes. */
const LONGEST_COLUMNS = 6_000;

/** For rows that differ in their columns all that any of them has: PostgREST would take those of the first for all. */
function columnsOf(data: Row | readonly Row[]): (readonly [string, string])[] {
  const rows: readonly unknown[] = Array.isArray(data) ? data : [];
  if (!(rows === data ? rows : [data]).every(isRow)) {
    throw invalidFields([{ field: 'data', message: 'a row (a JSON object) or a list of rows is expected' }]);
  }
  const columns = new Set(rows.flatMap((row) => Object.keys(row as Row)));
  if (rows.every((row) => Object.keys(row as Row).length === columns.size)) return [];
  if (![...columns].every((column) => column.isWellFormed())) {
    throw invalidFields([
      { field: 'data', message: 'the name of a column must not contain half of a surrogate pair' },
    ]);
  }
  const list = [...columns].map(quoted).join(',');
  if (encodeURIComponent(list).length > LONGEST_COLUMNS) {
    throw invalidFields([
      { field: 'data', message: 'rows with so many columns must all have the same ones' },
    ]);
  }
  return [['columns', list]];
}

const isRow = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
