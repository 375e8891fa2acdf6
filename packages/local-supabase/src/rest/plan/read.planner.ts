import { refusals } from '../errors/refusals.ts';
import type { At, EmbedSelect, FieldSelect, Query, SelectItem } from '../query/query.types.ts';
import type { Schema } from '../schema/schema.cache.ts';
import { keyOf } from '../schema/schema.types.ts';
import type { Table, TableName } from '../schema/schema.types.ts';
import { aggregates, HIDDEN } from './read.plan.ts';
import type { Embed, ReadNode, Source } from './read.plan.ts';
import { chooseRelationship } from './relationship.choice.ts';

export interface Limits {
  /** Rows that any level may answer with. */
  readonly maxRows: number | undefined;
  readonly aggregates: boolean;
}

/**
 * Turns a query into a tree of tables with everything in its place.
 * @param root - the rows of a table, or those a write or a call returned; only of rows that are read are the root's own
 *   conditions and limits part of the tree
 * @throws RestError
 */
export function planRead(
  schema: Schema,
  root: { name: TableName; source: Source; reads: boolean },
  query: Query,
  limits: Limits,
): ReadNode {
  const node = makeNode(schema, root.name, root.source, root.name.name, query.select, 0);
  const own = <T>({ path }: At<T>): boolean => path.length > 0 || root.reads;
  for (const { path, value } of query.conditions.filter(own)) find(node, path).conditions.push(value);
  for (const { path, value } of query.orders) find(node, path).orders = value;
  for (const { path, value } of query.limits.filter(own)) find(node, path).limit = value;
  for (const { path, value } of query.offsets.filter(own)) find(node, path).offset = value;
  visit(node, (one) => {
    hoist(one);
    if (aggregates(one) && !limits.aggregates) throw refusals.aggregates();
    if (one !== node || root.reads) restrict(one, limits.maxRows);
  });
  return node;
}

function makeNode(
  schema: Schema,
  name: TableName,
  source: Source,
  alias: string,
  select: readonly SelectItem[],
  depth: number,
): ReadNode {
  const table = schema.tables.get(keyOf(name));
  const fields = select.filter((item): item is FieldSelect => item.kind === 'field');
  const embeds = select
    .filter((item): item is EmbedSelect => item.kind === 'embed')
    .map((item) => makeEmbed(schema, name, item, depth + 1));
  return {
    source,
    name,
    table,
    alias,
    fields: expandStars(fields, table),
    hoisted: [],
    embeds,
    conditions: [],
    orders: [],
    limit: undefined,
    offset: 0,
  };
}

/** Beside an aggregate a star means its columns, for each of them is grouped by. */
function expandStars(fields: FieldSelect[], table: Table | undefined): FieldSelect[] {
  if (!table || !fields.some(({ aggregate }) => aggregate !== undefined)) return fields;
  return fields.flatMap((select) =>
    select.field.name === '*' && select.aggregate === undefined
      ? [...table.columns.keys()].map((name) => ({ kind: 'field' as const, field: { name, path: [] } }))
      : [select],
  );
}

function makeEmbed(schema: Schema, origin: TableName, select: EmbedSelect, depth: number): Embed {
  const relationship = chooseRelationship(schema, origin, select);
  const single =
    'routine' in relationship
      ? relationship.single
      : relationship.cardinality === 'many-to-one' || relationship.cardinality === 'one-to-one';
  const name = relationship.target;
  const source: Source =
    'routine' in relationship ? { kind: 'computed', relationship } : { kind: 'table', table: name };
  const sqlName = 'routine' in relationship ? relationship.routine.name : name.name;
  return {
    select,
    relationship,
    node: makeNode(schema, name, source, `${sqlName}_${depth}`, select.select, depth),
    key: select.alias ?? select.name,
    lateral: `${origin.name}_${select.alias ?? select.name}_${depth}`,
    single,
  };
}

/** The node embedded under these names. */
function find(node: ReadNode, path: readonly string[]): ReadNode {
  return path.reduce((current, name) => {
    const embed = findEmbed(current, name);
    if (!embed) throw refusals.notEmbedded(name);
    return embed.node;
  }, node);
}

export function findEmbed(node: ReadNode, name: string): Embed | undefined {
  return (
    node.embeds.find(({ key }) => key === name) ?? node.embeds.find(({ select }) => select.name === name)
  );
}

/** Innermost first: what is spread into a node is ready before the node is. */
function visit(node: ReadNode, work: (node: ReadNode) => void): void {
  for (const embed of node.embeds) visit(embed.node, work);
  work(node);
}

function restrict(node: ReadNode, maxRows: number | undefined): void {
  if (maxRows !== undefined) node.limit = Math.min(node.limit ?? maxRows, maxRows);
}

/** Aggregates of one row make no sense: those of a spread to-one resource are its parent's. */
function hoist(node: ReadNode): void {
  for (const { select, single, node: child, lateral } of node.embeds) {
    if (!select.spread || !single) continue;
    const kept: FieldSelect[] = [];
    child.fields.forEach((field, index) => {
      if (field.aggregate === undefined) return kept.push(field);
      if (field.field.name === '*') return node.hoisted.push({ select: field, lateral });
      const column = `${HIDDEN}${lateral}_${index}`;
      kept.push({
        kind: 'field',
        field: field.field,
        alias: column,
        ...(field.cast === undefined ? {} : { cast: field.cast }),
      });
      return node.hoisted.push({ select: field, lateral, column });
    });
    child.fields = kept;
    node.hoisted.push(...child.hoisted.splice(0).map((inner) => ({ ...inner, lateral })));
  }
}
