import type { Condition, EmbedSelect, FieldSelect, Order } from '../query/query.types.ts';
import type { ComputedRelationship, Relationship, Table, TableName } from '../schema/schema.types.ts';

/** Where the rows of a node come from. */
export type Source =
  | { readonly kind: 'table'; readonly table: TableName }
  /** Rows that a write or a call has just returned. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'computed'; readonly relationship: ComputedRelationship };

/** An aggregate over a column of a spread resource, computed by its parent. */
export interface Hoisted {
  readonly select: FieldSelect;
  /** The lateral join and its column that hold what is aggregated; no column: the row. */
  readonly lateral: string;
  readonly column?: string;
}

/** One level of a read: a table (or what stands for one), what is asked of it, and what is embedded. */
export interface ReadNode {
  readonly source: Source;
  /** As errors and relationships call it. */
  readonly name: TableName;
  /** Its columns, where they are known. */
  readonly table: Table | undefined;
  /** In the statement. */
  readonly alias: string;
  fields: FieldSelect[];
  readonly hoisted: Hoisted[];
  readonly embeds: Embed[];
  readonly conditions: Condition[];
  orders: readonly Order[];
  limit: number | undefined;
  offset: number;
}

export interface Embed {
  readonly select: EmbedSelect;
  readonly node: ReadNode;
  readonly relationship: Relationship | ComputedRelationship;
  /** Its key in the answer. */
  readonly key: string;
  /** The name of its lateral join. */
  readonly lateral: string;
  readonly single: boolean;
}

/** Columns that begin so are only there for an aggregate further up. */
export const HIDDEN = 'pgrst_agg_';

/** Names of the columns that a node answers with; undefined where they are not known. */
export function outputsOf(node: ReadNode): string[] | undefined {
  const names: string[] = [];
  for (const select of node.fields) {
    if (select.field.name === '*' && select.aggregate === undefined) {
      if (!node.table) return undefined;
      names.push(...node.table.columns.keys());
    } else names.push(outputName(select));
  }
  for (const { select } of node.hoisted) names.push(outputName(select));
  for (const embed of node.embeds) {
    if (!embed.select.spread) {
      if (hasOutput(embed)) names.push(embed.key);
      continue;
    }
    const inner = spreadOutputs(node, embed);
    if (!inner) return undefined;
    names.push(...inner);
  }
  return names;
}

/** What a spread resource adds to its parent's columns. */
export function spreadOutputs(parent: ReadNode, { node }: Embed): string[] | undefined {
  return outputsOf(node)?.filter((name) => parent.hoisted.length === 0 || !name.startsWith(HIDDEN));
}

export function hasOutput({ node }: Embed): boolean {
  return node.fields.length > 0 || node.hoisted.length > 0 || node.embeds.some(hasOutput);
}

/** An alias, the aggregate, the last JSON key, or the column. */
export function outputName({ alias, aggregate, field }: FieldSelect): string {
  if (alias !== undefined) return alias;
  if (aggregate !== undefined) return aggregate;
  const key = field.path.findLast((step) => typeof step.key === 'string')?.key;
  return typeof key === 'string' ? key : field.name;
}

export function aggregates(node: ReadNode): boolean {
  return node.hoisted.length > 0 || node.fields.some(({ aggregate }) => aggregate !== undefined);
}
