import { refusals } from '../errors/refusals.ts';
import type { RestError } from '../errors/rest.error.ts';
import { suggest } from '../errors/suggestion.ts';
import type { EmbedSelect } from '../query/query.types.ts';
import type { Schema } from '../schema/schema.cache.ts';
import { keyOf } from '../schema/schema.types.ts';
import type { ComputedRelationship, Relationship, TableName } from '../schema/schema.types.ts';

/**
 * The one relationship that an embedded name means: a table, a foreign key, a column that is one, or a function; `!hint`
 * chooses among several.
 * @throws RestError PGRST200 for none, PGRST201 for several
 */
export function chooseRelationship(
  schema: Schema,
  origin: TableName,
  { name, hint }: EmbedSelect,
): Relationship | ComputedRelationship {
  const computed = schema.computed.get(keyOf(origin))?.find(({ routine }) => routine.name === name);
  if (computed) return computed;
  const known = (schema.relationships.get(keyOf(origin)) ?? []).filter(
    ({ target }) => target.schema === origin.schema,
  );
  const found = known.filter((relationship) => means(relationship, name, hint));
  const [first, ...others] = found;
  if (!first) throw none(schema, origin, name, hint, known);
  if (others.length > 0) throw several(origin, name, found);
  return first;
}

function means(relationship: Relationship, name: string, hint: string | undefined): boolean {
  const { target, origin, cardinality, holdsKey, constraint, columns, junction } = relationship;
  const [originColumn, targetColumn] = columns.length === 1 ? (columns[0] ?? []) : [];
  const isColumn = (holdsKey || cardinality === 'one-to-one') && originColumn === name;
  const byName = target.name === name;
  if (target.name === origin.name && !junction) {
    // A table that refers to itself: its name means those below, the column means the one above.
    if (hint === undefined) return (byName && !holdsKey) || isColumn;
    // Its constraint would mean both.
    return byName && hint === targetColumn;
  }
  if (hint === undefined) {
    if (byName) return true;
    // A column or a constraint means the table behind it, not the views of that table.
    const isConstraint = constraint === name && cardinality !== 'many-to-many';
    return (isColumn || isConstraint) && !relationship.targetIsView;
  }
  if (!byName) return false;
  if (junction) return junction.table.name === hint;
  return constraint === hint || originColumn === hint || targetColumn === hint;
}

function none(
  schema: Schema,
  origin: TableName,
  name: string,
  hint: string | undefined,
  known: readonly Relationship[],
): RestError {
  const instead = (suggestion: string | null, of: string): string | null =>
    suggestion === null || suggestion === of ? null : `Perhaps you meant '${suggestion}' instead of '${of}'.`;
  const parents = [...schema.tables.values()].filter((table) => schema.relationships.has(keyOf(table)));
  const guess =
    known.length > 0
      ? instead(
          suggest(
            name,
            known.map(({ target }) => target.name),
          ),
          name,
        )
      : instead(
          suggest(
            origin.name,
            parents.map((table) => table.name),
          ),
          origin.name,
        );
  return refusals.noRelationship(origin.schema, origin.name, name, guess, hint);
}

function several(origin: TableName, name: string, found: readonly Relationship[]): RestError {
  const list = (columns: readonly string[]): string => `(${columns.join(', ')})`;
  const described = found.map(({ target, cardinality, constraint, columns, junction }) => ({
    cardinality,
    embedding: `${origin.name} with ${target.name}`,
    relationship: junction
      ? `${junction.table.name} using ${junction.constraints[0]}${list(junction.originColumns.map(([, column]) => column))} and ${junction.constraints[1]}${list(junction.targetColumns.map(([, column]) => column))}`
      : `${constraint} using ${origin.name}${list(columns.map(([column]) => column))} and ${target.name}${list(columns.map(([, column]) => column))}`,
  }));
  const names = found.map(({ constraint, junction }) => junction?.table.name ?? constraint);
  return refusals.manyRelationships(origin.name, name, described, names);
}
