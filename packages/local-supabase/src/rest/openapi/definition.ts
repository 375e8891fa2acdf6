import type { Column, Table } from '../schema/schema.types.ts';

/** JSON Schema types of Postgres' types; everything else is text. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\[\]$/, 'array'],
  [/^(?:smallint|integer|bigint)$/, 'integer'],
  [/^(?:numeric|real|double precision)/, 'number'],
  [/^boolean$/, 'boolean'],
];

export function typeOf(type: string): string | undefined {
  if (/^jsonb?$/.test(type)) return undefined;
  return TYPES.find(([pattern]) => pattern.test(type))?.[1] ?? 'string';
}

/** A type as JSON Schema says it, Postgres' own name in `format`. */
export function schemaOf(type: string): Record<string, unknown> {
  const json = typeOf(type);
  return {
    format: type,
    ...(json === undefined ? {} : { type: json }),
    ...(json === 'array' ? { items: { type: typeOf(type.slice(0, -2)) ?? 'object' } } : {}),
  };
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
  const length = /\((\d+)\)$/.exec(column.type)?.[1];
  return {
    ...(column.default === null ? {} : { default: defaultOf(column) }),
    ...(description === '' ? {} : { description }),
    ...(column.enumeration ? { enum: column.enumeration } : {}),
    ...(column.type.startsWith('character') && length !== undefined ? { maxLength: Number(length) } : {}),
    ...schemaOf(column.type),
  };
}

/** A constant as a value, anything else as the expression that it is. */
function defaultOf({ default: expression, type }: Column): unknown {
  const [, text] = /^'((?:[^']|'')*)'::[\w ."[\]()]+$/s.exec(expression ?? '') ?? [];
  if (text !== undefined) return text.replaceAll("''", "'");
  const json = typeOf(type);
  if ((json === 'integer' || json === 'number') && /^-?[\d.]+$/.test(expression ?? '')) return Number(expression);
  if (json === 'boolean' && /^(?:true|false)$/.test(expression ?? '')) return expression === 'true';
  return expression;
}
