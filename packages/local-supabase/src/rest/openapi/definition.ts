import type { Column, Table } from '../schema/schema.types.ts';

/** JSON Schema types of Postgres' types; everything else is text. */
const TYPES: Readonly<Record<string, string>> = {
  smallint: 'integer',
  integer: 'integer',
  bigint: 'integer',
  numeric: 'number',
  real: 'number',
  'double precision': 'number',
  boolean: 'boolean',
};

/** Nothing for JSON, which may be anything. */
export function typeOf(format: string): string | undefined {
  if (format === 'json' || format === 'jsonb') return undefined;
  return TYPES[format] ?? (format.endsWith('[]') ? 'array' : 'string');
}

/** A type as JSON Schema says it, Postgres' own name in `format`. */
export function schemaOf(format: string): Record<string, unknown> {
  const type = typeOf(format);
  return {
    format,
    ...(type === undefined ? {} : { type }),
    ...(type === 'array' ? { items: typed(format.slice(0, -2)) } : {}),
  };
}

/** `{"type": …}`, or nothing. */
export function typed(format: string): Record<string, unknown> {
  const type = typeOf(format);
  return type === undefined ? {} : { type };
}

/** A table as a JSON Schema; keys are told in the descriptions, as PostgREST does. */
export function definitionOf(
  table: Table,
  references: ReadonlyMap<string, { table: string; column: string }>,
): object {
  const columns = [...table.columns.values()];
  const required = columns.filter((column) => !column.nullable).map(({ name }) => name);
  return {
    ...(table.description === null ? {} : { description: table.description }),
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(columns.map((column) => [column.name, property(table, column, references.get(column.name))])),
    type: 'object',
  };
}

function property(
  table: Table,
  column: Column,
  reference: { table: string; column: string } | undefined,
): object {
  const notes = [
    ...(table.primaryKey.includes(column.name) ? ['This is a Primary Key.<pk/>'] : []),
    ...(reference
      ? [
          `This is a Foreign Key to \`${reference.table}.${reference.column}\`.<fk table='${reference.table}' column='${reference.column}'/>`,
        ]
      : []),
  ];
  const description = [column.description, notes.length === 0 ? undefined : `Note:\n${notes.join('\n')}`]
    .filter((text) => text !== null && text !== undefined)
    .join('\n\n');
  const chosen = column.default === null ? undefined : defaultOf(column.format, column.default);
  return {
    ...(chosen === undefined ? {} : { default: chosen }),
    ...(description === '' ? {} : { description }),
    ...(column.enumeration ? { enum: column.enumeration } : {}),
    ...(column.maxLength === null ? {} : { maxLength: column.maxLength }),
    ...schemaOf(column.format),
  };
}

/** A constant as a value, of a text also the expression; nothing where JSON cannot say it. */
function defaultOf(format: string, expression: string): unknown {
  const suffix = `::${format}`;
  const constant = expression.endsWith(suffix)
    ? expression.slice(0, -suffix.length).replaceAll(/^'+|'+$/g, '')
    : expression;
  try {
    return JSON.parse(typeOf(format) === 'string' ? `"${constant}"` : expression) as unknown;
  } catch {
    return undefined;
  }
}
