import type { Payload } from '../request/payload.ts';
import type { Column, Table } from '../schema/schema.types.ts';
import { clause, EMPTY, identifier, join, literal, raw, sql, value } from './sql.ts';
import type { Sql } from './sql.ts';

export interface Written {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly payload: Payload;
  /** `missing=default`: columns that a row lacks get their default instead of null. */
  readonly useDefaults: boolean;
  /** Only the first row of the payload counts. */
  readonly onlyFirst?: boolean;
  /** What a row of the payload, as `pgrst_body`, must fulfil. */
  readonly rowConditions?: readonly Sql[];
  readonly returning: Sql;
}

export interface Conflict {
  readonly columns: readonly string[];
  readonly resolution: 'merge-duplicates' | 'ignore-duplicates';
}

/** How many rows were new: a write to a view cannot tell otherwise. */
const COUNT_IN = `set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) + 1)::text, true) <> '0'`;
const COUNT_OUT = `set_config('pgrst.inserted', (coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0) - 1)::text, true) <> '-1'`;

export function insertSql(write: Written, conflict?: Conflict): Sql {
  const { table, columns, payload, returning, rowConditions = [] } = write;
  if (payload.rows === 0) return nothingSql(table, returning);
  const names = columns.map(({ name }) => identifier(name));
  const target = sql`INSERT INTO ${named(table)} AS ${identifier(table.name)}${
    names.length === 0 ? EMPTY : sql`(${join(names)})`
  }`;
  const resolve = conflict ? conflictSql(conflict, columns) : EMPTY;
  const values = join(columns.map(({ name }) => identifier('pgrst_body', name)));
  const where = clause('WHERE', [...rowConditions, raw(COUNT_IN)], ' AND ');
  return sql`${target} SELECT ${values} FROM ${bodySql(write)}${where}${resolve} RETURNING ${returning}`;
}

function conflictSql({ columns, resolution }: Conflict, written: readonly Column[]): Sql {
  if (columns.length === 0) return EMPTY;
  const target = sql` ON CONFLICT(${join(columns.map((column) => identifier(column)))})`;
  if (resolution === 'ignore-duplicates' || written.length === 0) return sql`${target} DO NOTHING`;
  const updates = written.map(({ name }) => sql`${identifier(name)} = EXCLUDED.${identifier(name)}`);
  return sql`${target} DO UPDATE SET ${join(updates)} WHERE ${raw(COUNT_OUT)}`;
}

export function updateSql(write: Written, conditions: readonly Sql[]): Sql {
  const { table, columns, returning } = write;
  if (columns.length === 0) return nothingSql(table, returning);
  const updates = columns.map(({ name }) => sql`${identifier(name)} = ${identifier('pgrst_body', name)}`);
  return sql`UPDATE ${named(table)} AS ${identifier(table.name)} SET ${join(updates)} FROM ${bodySql(write)}${clause(
    'WHERE',
    conditions,
    ' AND ',
  )} RETURNING ${returning}`;
}

export function deleteSql(table: Table, conditions: readonly Sql[], returning: Sql): Sql {
  return sql`DELETE FROM ${named(table)} AS ${identifier(table.name)}${clause(
    'WHERE',
    conditions,
    ' AND ',
  )} RETURNING ${returning}`;
}

function named({ schema, name }: Table): Sql {
  return identifier(schema, name);
}

function nothingSql(table: Table, returning: Sql): Sql {
  return sql`SELECT ${returning} FROM ${named(table)} AS ${identifier(table.name)} WHERE FALSE`;
}

/** The body as rows of the table's types. */
function bodySql({ columns, payload, useDefaults, onlyFirst = false }: Written): Sql {
  const types = join(columns.map(({ name, type }) => sql`${identifier(name)} ${raw(type)}`));
  // A row without columns is all defaults.
  if (columns.length === 0)
    return payload.isArray
      ? sql`json_array_elements(${value(payload.text)}::json) AS pgrst_body`
      : raw('(SELECT 1) AS pgrst_body');
  const isList = payload.isArray && !onlyFirst;
  const document = (type: 'json' | 'jsonb'): Sql => {
    const whole = sql`${value(payload.text)}::${raw(type)}`;
    return payload.isArray && onlyFirst ? sql`(${whole}->0)` : whole;
  };
  if (!useDefaults) {
    const records = raw(isList ? 'json_to_recordset' : 'json_to_record');
    return sql`${records}(${document('json')}) AS pgrst_body(${types})`;
  }
  const defaults = columns.flatMap((column) =>
    column.default === null ? [] : [sql`${literal(column.name)}, ${raw(column.default)}`],
  );
  const base = defaults.length === 0 ? raw(`'{}'::jsonb`) : sql`jsonb_build_object(${join(defaults)})`;
  const rows = isList
    ? sql`jsonb_array_elements(${document('jsonb')})`
    : sql`jsonb_build_array(${document('jsonb')}) AS one, jsonb_array_elements(one)`;
  return sql`(SELECT jsonb_agg(${base} || pgrst_row) AS filled FROM ${rows} AS pgrst_row) AS pgrst_filled, LATERAL jsonb_to_recordset(pgrst_filled.filled) AS pgrst_body(${types})`;
}
