import type { Field } from '../query/query.types.ts';
import type { Table } from '../schema/schema.types.ts';
import { identifier, join, literal, raw, sql } from './sql.ts';
import type { Sql } from './sql.ts';

/** `"alias"."column"`, with a JSON path behind it. What is no JSON is made so for the path. */
export function fieldSql(alias: string, table: Table | undefined, { name, path }: Field): Sql {
  const column = identifier(alias, name);
  if (path.length === 0) return column;
  const type = table?.columns.get(name)?.type;
  const base = type === 'json' || type === 'jsonb' ? column : sql`to_jsonb(${column})`;
  const steps = path.map(
    ({ arrow, key }) => sql`${raw(arrow)}${typeof key === 'number' ? raw(String(key)) : literal(key)}`,
  );
  return sql`(${base}${join(steps, '')})`;
}
