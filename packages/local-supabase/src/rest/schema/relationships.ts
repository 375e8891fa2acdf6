import { keyOf } from './schema.types.ts';
import type { Relationship, Table, TableName } from './schema.types.ts';

export interface ForeignKey {
  readonly name: string;
  readonly origin: TableName;
  readonly target: TableName;
  readonly columns: readonly (readonly [origin: string, target: string])[];
  readonly unique: boolean;
}

/** A view that shows columns of a table: the table's column, and the view's names for it. */
export interface ViewOfTable {
  readonly view: TableName;
  readonly names: ReadonlyMap<string, readonly string[]>;
}

/**
 * How tables and views can be embedded into each other: along foreign keys, in both directions, also where one or both
 * ends are views that show the columns of the key, and through tables that join two others.
 */
export function relationshipsOf(
  keys: readonly ForeignKey[],
  tables: ReadonlyMap<string, Table>,
  views: ReadonlyMap<string, readonly ViewOfTable[]>,
): Relationship[] {
  const forward = keys.flatMap((key) => withViews(key, tables, views));
  const direct = forward.flatMap((relationship) => [relationship, reversed(relationship, tables)]);
  return [...direct, ...throughJunctions(forward, tables)];
}

function withViews(
  key: ForeignKey,
  tables: ReadonlyMap<string, Table>,
  views: ReadonlyMap<string, readonly ViewOfTable[]>,
): Relationship[] {
  const ends = (table: TableName, columns: readonly string[]): { end: TableName; names: string[] }[] => [
    { end: table, names: [...columns] },
    ...(views.get(keyOf(table)) ?? []).flatMap(({ view, names }) =>
      combinations(columns.map((column) => names.get(column) ?? [])).map((chosen) => ({
        end: view,
        names: chosen,
      })),
    ),
  ];
  const origins = ends(
    key.origin,
    key.columns.map(([column]) => column),
  );
  const targets = ends(
    key.target,
    key.columns.map(([, column]) => column),
  );
  return origins.flatMap((origin) =>
    targets.map((target) => ({
      origin: origin.end,
      target: target.end,
      targetIsView: tables.get(keyOf(target.end))?.isView ?? false,
      cardinality: key.unique ? ('one-to-one' as const) : ('many-to-one' as const),
      holdsKey: true,
      constraint: key.name,
      columns: origin.names.map((name, index) => [name, target.names[index] ?? ''] as const),
    })),
  );
}

/** One choice for each place; none where a place has no choice. */
function combinations(choices: readonly (readonly string[])[]): string[][] {
  return choices.reduce<string[][]>(
    (found, names) => found.flatMap((chosen) => names.map((name) => [...chosen, name])),
    [[]],
  );
}

function reversed(relationship: Relationship, tables: ReadonlyMap<string, Table>): Relationship {
  return {
    origin: relationship.target,
    target: relationship.origin,
    targetIsView: tables.get(keyOf(relationship.origin))?.isView ?? false,
    cardinality: relationship.cardinality === 'one-to-one' ? 'one-to-one' : 'one-to-many',
    holdsKey: false,
    constraint: relationship.constraint,
    columns: relationship.columns.map(([origin, target]) => [target, origin] as const),
  };
}

/** Two foreign keys of one table, both part of its primary key, join their targets. */
function throughJunctions(
  forward: readonly Relationship[],
  tables: ReadonlyMap<string, Table>,
): Relationship[] {
  const byTable = Map.groupBy(forward, ({ origin }) => keyOf(origin));
  return [...byTable].flatMap(([key, keys]) => {
    const primary = tables.get(key)?.primaryKey ?? [];
    const joining = keys.filter(({ columns }) => columns.every(([column]) => primary.includes(column)));
    return joining.flatMap((left) =>
      joining
        .filter((right) => right.constraint !== left.constraint)
        .map((right) => ({
          origin: left.target,
          target: right.target,
          targetIsView: right.targetIsView,
          cardinality: 'many-to-many' as const,
          holdsKey: false,
          constraint: '',
          columns: [],
          junction: {
            table: left.origin,
            constraints: [left.constraint, right.constraint] as const,
            originColumns: left.columns.map(([junction, origin]) => [origin, junction] as const),
            targetColumns: right.columns.map(([junction, target]) => [target, junction] as const),
          },
        })),
    );
  });
}
