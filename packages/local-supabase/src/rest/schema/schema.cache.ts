import type { Pool, PoolClient } from 'pg';
import { relationshipsOf } from './relationships.ts';
import type { ForeignKey, ViewOfTable } from './relationships.ts';
import { COMPUTED_SQL, FOREIGN_KEYS_SQL, ROLE_SETTINGS_SQL, ROUTINES_SQL, TABLES_SQL } from './schema.sql.ts';
import { keyOf } from './schema.types.ts';
import type {
  Column,
  ComputedRelationship,
  Parameter,
  Relationship,
  Routine,
  Table,
  TableName,
} from './schema.types.ts';
import { columnOrigins } from './view.columns.ts';

/** A picture of the database, taken at once and never changed. */
export interface Schema {
  readonly tables: ReadonlyMap<string, Table>;
  /** By origin. */
  readonly relationships: ReadonlyMap<string, readonly Relationship[]>;
  readonly computed: ReadonlyMap<string, readonly ComputedRelationship[]>;
  /** By schema and name: the overloads. */
  readonly routines: ReadonlyMap<string, readonly Routine[]>;
  /** PostGIS is there: rows can be written as GeoJSON. */
  readonly hasGeometry: boolean;
}

type Row = Record<string, string | null>;

/** Settings by role: `ALTER ROLE … SET name = value`. */
export type RoleSettings = ReadonlyMap<string, ReadonlyMap<string, string>>;

export async function readRoleSettings(pool: Pool): Promise<RoleSettings> {
  const { rows } = await pool.query<Row>(ROLE_SETTINGS_SQL);
  const settings = new Map<string, Map<string, string>>();
  for (const row of rows) {
    const of = settings.get(row.role ?? '') ?? new Map<string, string>();
    for (const entry of parse(row.settings) as string[]) of.set(...splitSetting(entry));
    settings.set(row.role ?? '', of);
  }
  return settings;
}

export function splitSetting(entry: string): [name: string, value: string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** @param schemas - the exposed ones */
export async function readSchema(pool: Pool, schemas: readonly string[]): Promise<Schema> {
  const client = await pool.connect();
  try {
    // Without a search path every name that is read comes with its schema.
    await client.query(`begin isolation level repeatable read read only; set local search_path to ''`);
    const picture = await readAll(client, schemas);
    await client.query('commit');
    return picture;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

async function readAll(client: PoolClient, schemas: readonly string[]): Promise<Schema> {
  const tableRows = await client.query<Row>(TABLES_SQL, [schemas]);
  const keyRows = await client.query<Row>(FOREIGN_KEYS_SQL);
  const routineRows = await client.query<Row>(ROUTINES_SQL, [schemas]);
  const computedRows = await client.query<Row>(COMPUTED_SQL);
  const geometry = await client.query(`select from pg_proc where proname = 'st_asgeojson' limit 1`);
  const views = viewsOf(tableRows.rows);
  const tables = withViewKeys(
    new Map(tableRows.rows.map(asTable).map((table) => [keyOf(table), table])),
    views,
  );
  const relationships = relationshipsOf(keyRows.rows.map(asForeignKey), tables, views);
  const computed = computedRows.rows.map((row) => ({
    routine: { schema: row.schema ?? '', name: row.name ?? '' },
    origin: { schema: row.origin_schema ?? '', name: row.origin_name ?? '' },
    target: { schema: row.target_schema ?? '', name: row.target_name ?? '' },
    single: row.single === 't',
  }));
  return {
    tables: new Map([...tables].filter(([, { schema }]) => schemas.includes(schema))),
    relationships: Map.groupBy(
      relationships.filter(
        ({ target, junction }) =>
          schemas.includes(target.schema) && (!junction || schemas.includes(junction.table.schema)),
      ),
      ({ origin }) => keyOf(origin),
    ),
    computed: Map.groupBy(computed, ({ origin }) => keyOf(origin)),
    routines: Map.groupBy(routineRows.rows.map(asRoutine).filter(isCallable), keyOf),
    hasGeometry: geometry.rowCount !== 0,
  };
}

/** The keys of a view are those of the tables that it shows them of. */
function withViewKeys(
  tables: ReadonlyMap<string, Table>,
  views: ReadonlyMap<string, readonly ViewOfTable[]>,
): ReadonlyMap<string, Table> {
  const keys = new Map<string, string[]>();
  for (const [of, shown] of views) {
    const key = tables.get(of)?.primaryKey ?? [];
    for (const { view, names } of shown) {
      const own = key.flatMap((column) => names.get(column)?.slice(0, 1) ?? []);
      if (own.length === key.length) keys.set(keyOf(view), [...(keys.get(keyOf(view)) ?? []), ...own]);
    }
  }
  return new Map(
    [...tables].map(([name, table]) => [name, { ...table, primaryKey: keys.get(name) ?? table.primaryKey }]),
  );
}

function parse(text: string | null | undefined): unknown {
  return JSON.parse(text ?? '[]');
}

function asTable(row: Row): Table {
  const columns = parse(row.columns) as Column[];
  return {
    schema: row.schema ?? '',
    name: row.name ?? '',
    isView: row.is_view === 't',
    columns: new Map(columns.map((column) => [column.name, column])),
    primaryKey: parse(row.primary_key) as string[],
    description: row.description ?? null,
    insertable: row.insertable === 't',
    updatable: row.updatable === 't',
    deletable: row.deletable === 't',
  };
}

function asForeignKey(row: Row): ForeignKey {
  return {
    name: row.name ?? '',
    origin: { schema: row.origin_schema ?? '', name: row.origin_name ?? '' },
    target: { schema: row.target_schema ?? '', name: row.target_name ?? '' },
    columns: parse(row.columns) as [string, string][],
    unique: row.is_unique === 't',
  };
}

const VOLATILITY = { i: 'immutable', s: 'stable', v: 'volatile' } as const;

function asRoutine(row: Row): Routine {
  return {
    schema: row.schema ?? '',
    name: row.name ?? '',
    parameters: parse(row.parameters) as Parameter[],
    volatility: VOLATILITY[(row.volatility ?? 'v') as keyof typeof VOLATILITY],
    returnsSet: row.returns_set === 't',
    returns: {
      schema: row.rows_schema ?? row.type_schema ?? '',
      name: row.rows_name ?? row.type_name ?? '',
    },
    returnsRows: row.returns_rows === 't',
    ...(row.media_type === null || row.media_type === undefined
      ? {}
      : { media: { type: row.media_type, binary: row.media_binary === 't' } }),
    description: row.description ?? null,
    settings: parse(row.settings) as string[],
  };
}

/** One argument without a name can be the whole body; several, or one of another type, can never be given. */
function isCallable({ parameters }: Routine): boolean {
  const unnamed = parameters.filter(({ name }) => name === '');
  if (unnamed.length === 0) return true;
  return unnamed.length === 1 && ['bytea', 'json', 'jsonb', 'text', 'xml'].includes(unnamed[0]?.type ?? '');
}

/** By table: the views that show columns of it, also through other views. */
function viewsOf(rows: readonly Row[]): ReadonlyMap<string, ViewOfTable[]> {
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  const columnName = (row: Row, number: number): string | undefined =>
    (parse(row.columns) as (Column & { number: number })[]).find((column) => column.number === number)?.name;
  const found = new Map<string, { view: TableName; names: Map<string, string[]> }[]>();
  for (const view of rows) {
    const byTable = new Map<string, Map<string, string[]>>();
    for (const [number, table, column] of origins(view, byOid, 0)) {
      const source = byOid.get(table);
      const [from, to] = source ? [columnName(source, column), columnName(view, number)] : [];
      if (!source || from === undefined || to === undefined) continue;
      const key = keyOf({ schema: source.schema ?? '', name: source.name ?? '' });
      const names = byTable.get(key) ?? new Map<string, string[]>();
      names.set(from, [...(names.get(from) ?? []), to]);
      byTable.set(key, names);
    }
    for (const [key, names] of byTable) {
      const of = { view: { schema: view.schema ?? '', name: view.name ?? '' }, names };
      found.set(key, [...(found.get(key) ?? []), of]);
    }
  }
  return found;
}

/** Views may be built on views; deeper than this nobody builds. */
const MAX_VIEWS = 10;

function origins(
  view: Row,
  byOid: ReadonlyMap<string | null | undefined, Row>,
  depth: number,
): [number: number, table: string, column: number][] {
  if (view.definition === null || view.definition === undefined || depth > MAX_VIEWS) return [];
  return columnOrigins(view.definition).flatMap(({ column, table, tableColumn }) => {
    const source = byOid.get(table);
    if (!source?.definition) return [[column, table, tableColumn] as [number, string, number]];
    return origins(source, byOid, depth + 1)
      .filter(([number]) => number === tableColumn)
      .map(([, inner, innerColumn]) => [column, inner, innerColumn] as [number, string, number]);
  });
}
