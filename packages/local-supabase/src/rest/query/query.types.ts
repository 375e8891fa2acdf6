/** A column, or a place inside a JSON one. */
export interface Field {
  readonly name: string;
  readonly path: readonly JsonStep[];
}

export interface JsonStep {
  /** `->>` ends in text, `->` in JSON. */
  readonly arrow: '->' | '->>';
  readonly key: string | number;
}

export type Aggregate = 'count' | 'sum' | 'avg' | 'max' | 'min';

export interface FieldSelect {
  readonly kind: 'field';
  readonly field: Field;
  readonly cast?: string;
  readonly aggregate?: Aggregate;
  readonly aggregateCast?: string;
  readonly alias?: string;
}

export interface EmbedSelect {
  readonly kind: 'embed';
  readonly name: string;
  readonly alias?: string;
  readonly hint?: string;
  readonly join?: 'inner' | 'left';
  /** `...name(…)`: its columns become those of its parent. */
  readonly spread: boolean;
  readonly select: readonly SelectItem[];
}

export type SelectItem = FieldSelect | EmbedSelect;

export const QUANTIFIED = ['eq', 'gte', 'gt', 'lte', 'lt', 'like', 'ilike', 'match', 'imatch'] as const;
export const SIMPLE = ['neq', 'isdistinct', 'cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj'] as const;
export const FULL_TEXT = ['fts', 'plfts', 'phfts', 'wfts'] as const;
export const IS_VALUES = ['null', 'not_null', 'true', 'false', 'unknown'] as const;

export type Operation =
  | {
      readonly kind: 'compare';
      readonly operator: (typeof QUANTIFIED)[number];
      readonly quantifier?: 'any' | 'all';
      readonly value: string;
    }
  | { readonly kind: 'simple'; readonly operator: (typeof SIMPLE)[number]; readonly value: string }
  | {
      readonly kind: 'text';
      readonly operator: (typeof FULL_TEXT)[number];
      readonly language?: string;
      readonly value: string;
    }
  | { readonly kind: 'is'; readonly value: (typeof IS_VALUES)[number] }
  | { readonly kind: 'in'; readonly values: readonly string[] };

export interface Filter {
  readonly kind: 'filter';
  readonly field: Field;
  readonly negated: boolean;
  readonly operation: Operation;
}

export interface Logic {
  readonly kind: 'and' | 'or';
  readonly negated: boolean;
  readonly conditions: readonly Condition[];
}

export type Condition = Filter | Logic;

export interface Order {
  readonly field: Field;
  /** `order=relation(column)`. */
  readonly relation?: string;
  readonly direction?: 'asc' | 'desc';
  readonly nulls?: 'nullsfirst' | 'nullslast';
}

/** Something about the resource embedded under these names; no names: the table itself. */
export interface At<T> {
  readonly path: readonly string[];
  readonly value: T;
}

export interface Query {
  readonly select: readonly SelectItem[];
  readonly conditions: readonly At<Condition>[];
  readonly orders: readonly At<readonly Order[]>[];
  readonly limits: readonly At<number>[];
  readonly offsets: readonly At<number>[];
  readonly columns?: readonly string[];
  readonly onConflict?: readonly string[];
  /** Arguments of a function that is called by GET. */
  readonly arguments: readonly (readonly [name: string, value: string])[];
}
