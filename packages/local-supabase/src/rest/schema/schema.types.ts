/** The database as REST sees it: what is in the exposed schemas, and how it hangs together. */
export interface Column {
  readonly name: string;
  /** As SQL spells it: `character varying(20)`. */
  readonly type: string;
  /** The same without lengths, of a domain the type below it. */
  readonly format: string;
  /** In characters. */
  readonly maxLength: number | null;
  readonly nullable: boolean;
  /** The expression that gives its value where none is given. */
  readonly default: string | null;
  readonly description: string | null;
  readonly enumeration: readonly string[] | null;
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly isView: boolean;
  readonly columns: ReadonlyMap<string, Column>;
  readonly primaryKey: readonly string[];
  readonly description: string | null;
  readonly insertable: boolean;
  readonly updatable: boolean;
  readonly deletable: boolean;
}

export interface Parameter {
  /** Empty where the function gives none. */
  readonly name: string;
  readonly type: string;
  /** As what a given value is read: `character` would have a length of one. */
  readonly accepts: string;
  readonly required: boolean;
  readonly variadic: boolean;
}

export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly volatility: 'volatile' | 'stable' | 'immutable';
  readonly returnsSet: boolean;
  /** Of the table or type whose rows it returns, or of its only value. */
  readonly returns: { readonly schema: string; readonly name: string };
  /** Rows of columns, not single values. */
  readonly returnsRows: boolean;
  /** What it returns is a document of this type, for the domain it returns is called so; `*` stands for any type. */
  readonly media?: { readonly type: string; readonly binary: boolean };
  readonly description: string | null;
  /** Its own settings (`set statement_timeout …`), `name=value`. */
  readonly settings: readonly string[];
}

export type Cardinality = 'many-to-one' | 'one-to-many' | 'one-to-one' | 'many-to-many';

export interface TableName {
  readonly schema: string;
  readonly name: string;
}

export interface Relationship {
  readonly origin: TableName;
  readonly target: TableName;
  readonly targetIsView: boolean;
  readonly cardinality: Cardinality;
  /** Of a one-to-one: the origin holds the foreign key. */
  readonly holdsKey: boolean;
  readonly constraint: string;
  /** Columns of the origin and of the target that are equal; of a many-to-many those that meet the junction's. */
  readonly columns: readonly (readonly [origin: string, target: string])[];
  readonly junction?: Junction;
}

export interface Junction {
  readonly table: TableName;
  readonly constraints: readonly [toOrigin: string, toTarget: string];
  readonly originColumns: readonly (readonly [origin: string, junction: string])[];
  readonly targetColumns: readonly (readonly [target: string, junction: string])[];
}

/** A function that takes a row of one table and returns rows of another. */
export interface ComputedRelationship {
  readonly origin: TableName;
  readonly target: TableName;
  readonly routine: TableName;
  readonly single: boolean;
}

/** One name for two: schema and table. */
export function keyOf({ schema, name }: TableName): string {
  return JSON.stringify([schema, name]);
}
