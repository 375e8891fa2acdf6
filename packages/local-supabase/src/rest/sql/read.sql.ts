import { refusals } from '../errors/refusals.ts';
import { aggregates, hasOutput, outputName, spreadOutputs } from '../plan/read.plan.ts';
import type { Embed, ReadNode } from '../plan/read.plan.ts';
import { findEmbed } from '../plan/read.planner.ts';
import type { Condition, FieldSelect, Filter, Order } from '../query/query.types.ts';
import { filterSql, logicSql } from './condition.sql.ts';
import { fieldSql } from './field.sql.ts';
import { embedJoin, linkSql, sourceSql } from './embed.sql.ts';
import { clause, EMPTY, identifier, join, raw, sql } from './sql.ts';
import type { Sql } from './sql.ts';

/** A part of the select list, and whether rows are grouped by it. */
interface Output {
  readonly text: Sql;
  readonly grouped: boolean;
}

/**
 * The statement for a node and all below it.
 * @param link - what ties it to its parent
 */
export function readSql(node: ReadNode, parent?: { node: ReadNode; embed: Embed }): Sql {
  const outputs = outputsSql(node);
  const positions = outputs.flatMap(({ grouped }, index) => (grouped ? [raw(String(index + 1))] : []));
  return sql`SELECT ${join(outputs.map(({ text }) => text))}${fromSql(node, parent)}${
    aggregates(node) ? clause('GROUP BY', positions, ', ') : EMPTY
  }${clause(
    'ORDER BY',
    node.orders.map((order) => orderSql(node, order)),
    ', ',
  )}${pageSql(node)}`;
}

/** The same rows without page and order, and with nothing embedded that does not decide which they are: to be counted. */
export function countedSql(node: ReadNode): Sql {
  if (aggregates(node)) return readSql({ ...node, orders: [], limit: undefined, offset: 0 });
  const asked = new Set(node.conditions.flatMap(filtersOf).map(({ field }) => findEmbed(node, field.name)));
  const embeds = node.embeds.filter((embed) => embed.select.join === 'inner' || asked.has(embed));
  return sql`SELECT 1${fromSql({ ...node, embeds })}`;
}

function filtersOf(condition: Condition): Filter[] {
  return condition.kind === 'filter' ? [condition] : condition.conditions.flatMap(filtersOf);
}

function fromSql(node: ReadNode, parent?: { node: ReadNode; embed: Embed }): Sql {
  const { from, conditions: links } = parent
    ? linkSql(parent.node, parent.embed)
    : { from: sourceSql(node), conditions: [] };
  const joins = node.embeds.map((embed) => embedJoin(embed, readSql(embed.node, { node, embed })));
  const conditions = [...links, ...node.conditions.map((condition) => conditionSql(node, condition))];
  return sql` FROM ${from}${join(joins, '')}${clause('WHERE', conditions, ' AND ')}`;
}

function outputsSql(node: ReadNode): Output[] {
  const outputs: Output[] = [
    ...node.fields.map((select) => ({
      text: fieldOutput(node, select),
      grouped: select.aggregate === undefined,
    })),
    ...node.hoisted.map(({ select, lateral, column }) => ({
      text: aggregateSql(select, column === undefined ? identifier(lateral) : identifier(lateral, column)),
      grouped: false,
    })),
    ...node.embeds.flatMap((embed) => embedOutputs(node, embed).map((text) => ({ text, grouped: true }))),
  ];
  return outputs;
}

function fieldOutput({ alias, table }: ReadNode, select: FieldSelect): Sql {
  const { field, cast, aggregate } = select;
  if (field.name === '*' && field.path.length === 0) {
    return aggregate === undefined ? sql`${identifier(alias)}.*` : aggregateSql(select, raw('*'));
  }
  const column = fieldSql(alias, table, field);
  const typed = cast === undefined ? column : sql`CAST(${column} AS ${raw(cast)})`;
  if (aggregate !== undefined) return aggregateSql(select, typed);
  const name = outputName(select);
  return cast === undefined && field.path.length === 0 && name === field.name
    ? column
    : sql`${typed} AS ${identifier(name)}`;
}

function aggregateSql(select: FieldSelect, over: Sql): Sql {
  const call = sql`${raw((select.aggregate ?? 'count').toUpperCase())}(${over})`;
  const typed =
    select.aggregateCast === undefined ? call : sql`CAST(${call} AS ${raw(select.aggregateCast)})`;
  return sql`${typed} AS ${identifier(outputName(select))}`;
}

function embedOutputs(node: ReadNode, embed: Embed): Sql[] {
  const { select, lateral, single, key } = embed;
  if (!hasOutput(embed)) return [];
  if (!select.spread) {
    const text = single
      ? sql`row_to_json(${identifier(lateral)}.*)::jsonb`
      : sql`COALESCE(${identifier(lateral, lateral)}, '[]')`;
    return [sql`${text} AS ${identifier(key)}`];
  }
  const inner = spreadOutputs(node, embed);
  if (!inner) return [sql`${identifier(lateral)}.*`];
  return inner.map((name) => {
    const column = identifier(lateral, name);
    return sql`${single ? column : sql`COALESCE(${column}, '[]')`} AS ${identifier(name)}`;
  });
}

function conditionSql(node: ReadNode, condition: Condition): Sql {
  if (condition.kind !== 'filter') return logicSql(condition, (inner) => conditionSql(node, inner));
  const { field, operation, negated } = condition;
  const embed = field.path.length === 0 ? findEmbed(node, field.name) : undefined;
  if (!embed) return filterSql(node.alias, node.table, condition);
  if (operation.kind !== 'is' || !operation.value.endsWith('null')) {
    if (node.table?.columns.has(field.name)) return filterSql(node.alias, node.table, condition);
    throw refusals.embedFilter(field.name);
  }
  const absent = (operation.value === 'null') !== negated;
  return sql`${identifier(embed.lateral)} IS ${raw(absent ? 'NOT DISTINCT' : 'DISTINCT')} FROM NULL`;
}

function orderSql(node: ReadNode, { field, relation, direction, nulls }: Order): Sql {
  const column =
    relation === undefined
      ? fieldSql(node.alias, node.table, field)
      : relatedColumn(node, relation, { ...field });
  const suffix = `${direction === undefined ? '' : ` ${direction.toUpperCase()}`}${
    nulls === undefined ? '' : nulls === 'nullsfirst' ? ' NULLS FIRST' : ' NULLS LAST'
  }`;
  return sql`${column}${raw(suffix)}`;
}

/** A column of an embedded row, also one that is not part of the answer. */
function relatedColumn(node: ReadNode, relation: string, field: Order['field']): Sql {
  const embed = findEmbed(node, relation);
  if (!embed) throw refusals.notEmbedded(relation);
  if (!embed.single) throw refusals.relatedOrder(node.name.name, relation);
  const shown = embed.node.fields.some(
    (select) => select.aggregate === undefined && outputName(select) === field.name,
  );
  if (shown) return fieldSql(embed.lateral, undefined, field);
  const column = fieldSql(embed.node.alias, embed.node.table, field);
  return sql`(SELECT ${column}${fromSql({ ...embed.node, embeds: [] }, { node, embed })} LIMIT 1)`;
}

/** ` LIMIT … OFFSET …`, as far as there are any. */
export function pageSql({ limit, offset }: Pick<ReadNode, 'limit' | 'offset'>): Sql {
  return raw(`${limit === undefined ? '' : ` LIMIT ${limit}`}${offset === 0 ? '' : ` OFFSET ${offset}`}`);
}
