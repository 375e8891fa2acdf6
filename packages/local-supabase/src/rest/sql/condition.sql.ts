import type { Filter, Logic, Operation } from '../query/query.types.ts';
import type { Table } from '../schema/schema.types.ts';
import { fieldSql } from './field.sql.ts';
import { join, literal, raw, sql, value } from './sql.ts';
import type { Sql } from './sql.ts';

const OPERATORS: Readonly<Record<string, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'LIKE',
  ilike: 'ILIKE',
  match: '~',
  imatch: '~*',
  isdistinct: 'IS DISTINCT FROM',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
};

const TEXT_QUERIES: Readonly<Record<string, string>> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
};

const IS: Readonly<Record<string, string>> = {
  null: 'IS NULL',
  not_null: 'IS NOT NULL',
  true: 'IS TRUE',
  false: 'IS FALSE',
  unknown: 'IS UNKNOWN',
};

/** Types whose text is searched without saying so. */
const SEARCHABLE = /^(?:text|json|jsonb|character varying|character)(?:\(\d+\))?$/;

/** A filter on a column. */
export function filterSql(alias: string, table: Table | undefined, filter: Filter): Sql {
  const { field, negated, operation } = filter;
  const column = fieldSql(alias, table, field);
  const type = field.path.length === 0 ? table?.columns.get(field.name)?.type : undefined;
  const condition = operationSql(column, type, operation);
  return negated ? sql`NOT ${condition}` : condition;
}

/** Several conditions as one; `each` writes those inside. */
export function logicSql({ kind, negated, conditions }: Logic, each: (one: Filter | Logic) => Sql): Sql {
  const inner = join(conditions.map(each), kind === 'and' ? ' AND ' : ' OR ');
  return negated ? sql`NOT (${inner})` : sql`(${inner})`;
}

function operationSql(column: Sql, type: string | undefined, operation: Operation): Sql {
  switch (operation.kind) {
    case 'compare': {
      const { operator, quantifier } = operation;
      // A star is easier to write in a URL than a percent sign.
      const text = operator.endsWith('like') ? operation.value.replaceAll('*', '%') : operation.value;
      const right =
        quantifier === undefined ? value(text) : sql`${raw(quantifier.toUpperCase())} (${value(text)})`;
      return sql`${column} ${raw(OPERATORS[operator] ?? '')} ${right}`;
    }
    case 'simple':
      return sql`${column} ${raw(OPERATORS[operation.operator] ?? '')} ${value(operation.value)}`;
    case 'text':
      return textSql(column, type, operation);
    case 'is':
      return sql`${column} ${raw(IS[operation.value] ?? '')}`;
    case 'in':
      return sql`${column} = ANY (${value(arrayLiteral(operation.values))})`;
  }
}

function textSql(
  column: Sql,
  type: string | undefined,
  { operator, language, value: text }: Operation & { kind: 'text' },
): Sql {
  const inLanguage = language === undefined ? raw('') : sql`${literal(language)}, `;
  const searched = SEARCHABLE.test(type ?? '') ? sql`to_tsvector(${inLanguage}${column})` : column;
  return sql`${searched} @@ ${raw(TEXT_QUERIES[operator] ?? '')}(${inLanguage}${value(text)})`;
}

/** `{"a","b\"c"}` */
export function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
}
