import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { invalidFields } from '../platform/errors/errors.js';
import { NumberInUrl } from '../platform/http/number-in-url.decorator.js';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { validateInput } from '../platform/http/validate-input.js';
import type { RestFilter } from '../supabase/rest.types.js';

/** So many rows an answer has at most. */
export const MOST_ROWS = 1_000;

/** Which part of a table. Every other parameter of the query is a filter. */
export class Selection {
  @ApiProperty({
    required: false,
    default: '*',
    maxLength: 2_000,
    description: "Columns, JSON paths and embedded tables, in PostgREST's words.",
    example: 'id,body,created_at',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(2_000)
  select?: string;

  @ApiProperty({
    required: false,
    maxLength: 500,
    description: '`column.asc`, `column.desc.nullslast`; several separated by commas.',
    example: 'created_at.desc',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  order?: string;

  @ApiProperty({
    type: 'integer',
    required: false,
    minimum: 0,
    maximum: MOST_ROWS,
    default: MOST_ROWS,
    description: 'At most so many rows.',
    example: 10,
  })
  @NumberInUrl()
  @IsInt()
  @Min(0)
  @Max(MOST_ROWS)
  limit = MOST_ROWS;

  @ApiProperty({
    type: 'integer',
    required: false,
    minimum: 0,
    default: 0,
    description: 'So many rows are skipped.',
    example: 0,
  })
  @NumberInUrl()
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  offset = 0;
}

/** What a request asks of a table. */
export interface TableQuery {
  select: string | undefined;
  order: string | undefined;
  limit: number;
  offset: number;
  filters: readonly RestFilter[];
}

type Query = Readonly<Record<string, unknown>>;

/** The parameters of a `GET`: a part of the table, and filters. */
export function tableQueryOf(query: Query): TableQuery {
  const names = ['select', 'order', 'limit', 'offset'];
  const part = Object.fromEntries(Object.entries(query).filter(([name]) => names.includes(name)));
  const rest = Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)));
  const { select, order, limit, offset } = validateInput(Selection, part);
  return { select, order, limit, offset, filters: filtersOf(rest) };
}

/** All parameters as filters; one name may stand there several times. */
export function filtersOf(query: Query): RestFilter[] {
  return Object.entries(query).flatMap(([column, value]) =>
    (Array.isArray(value) ? value : [value]).map((filter): RestFilter => [column, String(filter)]),
  );
}

/** The one parameter of an upsert. */
export function onConflictOf(query: Query): string | undefined {
  const unknown = Object.keys(query).filter((name) => name !== 'on_conflict');
  if (unknown.length > 0) {
    throw invalidFields(
      unknown.map((field) => ({ field, message: `${field.slice(0, 100)} is not a known property` })),
    );
  }
  const { on_conflict: columns } = query;
  if (columns === undefined || typeof columns === 'string') return columns;
  throw invalidFields([{ field: 'on_conflict', message: 'on_conflict must be given once' }]);
}
