import { hasOutput, outputsOf } from '../plan/read.plan.ts';
import type { Embed, ReadNode } from '../plan/read.plan.ts';
import type { Relationship } from '../schema/schema.types.ts';
import { identifier, join, sql } from './sql.ts';
import type { Sql } from './sql.ts';

/** What a write or a call has returned, as the statement around it calls it. */
export const RETURNED = 'pgrst_source';

/** Where the rows of a node that nothing embeds come from. */
export function sourceSql({ source, alias, name }: ReadNode): Sql {
  const from = source.kind === 'returned' ? identifier(RETURNED) : identifier(name.schema, name.name);
  return sql`${from} AS ${identifier(alias)}`;
}

/** Where embedded rows come from, and what ties them to their parent's row. */
export function linkSql(parent: ReadNode, { node, relationship }: Embed): { from: Sql; conditions: Sql[] } {
  const alias = identifier(node.alias);
  if ('routine' in relationship) {
    const { routine } = relationship;
    return {
      from: sql`${identifier(routine.schema, routine.name)}(${rowSql(parent)}) AS ${alias}`,
      conditions: [],
    };
  }
  const target = sql`${identifier(node.name.schema, node.name.name)} AS ${alias}`;
  const { junction, columns } = relationship;
  if (junction) return throughJunction(parent, node, junction, target);
  return {
    from: target,
    conditions: columns.map(([own, other]) => equal(node.alias, other, parent.alias, own)),
  };
}

function throughJunction(
  parent: ReadNode,
  node: ReadNode,
  { table, originColumns, targetColumns }: NonNullable<Relationship['junction']>,
  target: Sql,
): { from: Sql; conditions: Sql[] } {
  const junction = `pgrst_via_${node.alias}`;
  return {
    from: sql`${target}, ${identifier(table.schema, table.name)} AS ${identifier(junction)}`,
    conditions: [
      ...targetColumns.map(([own, other]) => equal(junction, other, node.alias, own)),
      ...originColumns.map(([own, other]) => equal(junction, other, parent.alias, own)),
    ],
  };
}

/** Sides in PostgREST's order, which plans show. */
function equal(left: string, leftColumn: string, right: string, rightColumn: string): Sql {
  return sql`${identifier(left, leftColumn)} = ${identifier(right, rightColumn)}`;
}

/** A whole row of a node, of its table's type. */
function rowSql({ alias, source, table, name }: ReadNode): Sql {
  const type = identifier(name.schema, name.name);
  if (source.kind !== 'returned' || !table) return sql`(${identifier(alias)}.*)::${type}`;
  const columns = [...table.columns.keys()].map((column) => identifier(alias, column));
  return sql`ROW(${join(columns)})::${type}`;
}

/** The lateral join that brings in what is embedded. To-many rows become one, or none where there are none. */
export function embedJoin(embed: Embed, rows: Sql): Sql {
  const { lateral, single, select } = embed;
  const kind = select.join === 'inner' ? sql` INNER JOIN LATERAL ` : sql` LEFT JOIN LATERAL `;
  const name = identifier(lateral);
  if (single) return sql`${kind}(${hasOutput(embed) ? rows : anything(rows)}) AS ${name} ON TRUE`;
  return sql`${kind}(SELECT ${collected(embed)} FROM (${rows}) AS ${name} HAVING count(*) > 0) AS ${name} ON TRUE`;
}

/** A row without columns would not be told from none. */
function anything(rows: Sql): Sql {
  return sql`SELECT 1 AS "pgrst_exists" FROM (${rows}) AS "pgrst_rows"`;
}

function collected(embed: Embed): Sql {
  const name = identifier(embed.lateral);
  if (!hasOutput(embed)) return sql`1 AS "pgrst_exists"`;
  const columns = embed.select.spread ? outputsOf(embed.node) : undefined;
  if (!columns) return sql`json_agg(${name}.*)::jsonb AS ${name}`;
  return join(
    columns.map(
      (column) => sql`json_agg(${identifier(embed.lateral, column)})::jsonb AS ${identifier(column)}`,
    ),
  );
}
