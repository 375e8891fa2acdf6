import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { DeclaredSchema } from '../platform/openapi/declared-schema.decorator.js';

const COLUMNS = { type: 'object', additionalProperties: true } as const;

/** A row of the table: its columns by name. */
@DeclaredSchema({
  ...COLUMNS,
  description: 'A row: its columns by name.',
  example: {
    id: 1,
    owner: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
    body: 'Buy milk',
    created_at: '2026-01-01T00:00:00+00:00',
  },
})
export class RowDto {}

/** One row, or several: all of them are written, or none. */
@DeclaredSchema({
  oneOf: [COLUMNS, { type: 'array', items: COLUMNS }],
  description: 'A row, or an array of rows: all of them are written, or none.',
  example: { body: 'Buy milk' },
})
export class NewRowsDto {}

/** The columns that change. */
@DeclaredSchema({ ...COLUMNS, description: 'The columns that change.', example: { body: 'Buy bread' } })
export class RowChangeDto {}

/** The arguments of a function, by name. */
@DeclaredSchema({ ...COLUMNS, description: 'The arguments, by name.', example: { a: 1, b: 2 } })
export class ArgumentsDto {}

/** Whatever a function returns. */
@DeclaredSchema({ description: 'Whatever the function returns: rows, a value, or null.', example: 3 })
export class FunctionResultDto {}

/** No dot (a schema) and nothing that would lead to another path; `nameOf` says what exactly. */
const NAME = { maxLength: 63, pattern: '^[\\p{L}_][\\p{L}\\p{N}_$-]*$' } as const;

/** A table in the path. */
export class TableParam {
  @ApiProperty({ description: 'A table or view that Supabase exposes.', ...NAME, example: 'notes' })
  @IsString()
  table!: string;
}

/** A function in the path. */
export class DatabaseFunctionParam {
  @ApiProperty({ description: 'A function that Supabase exposes.', ...NAME, example: 'add' })
  @IsString()
  function!: string;
}
