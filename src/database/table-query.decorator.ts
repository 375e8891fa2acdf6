import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { unauthenticated } from '../platform/errors/errors.js';
import type { ApiRequest } from '../platform/http/api-request.js';
import { MOST_ROWS } from './table-query.js';
import type { Asker } from './tables.service.js';

/** Whose request it is. */
export const Asking = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const { identity, ip } = context.switchToHttp().getRequest<ApiRequest>();
  if (!identity) throw unauthenticated();
  return { identity, address: ip };
});

/** Describes the filters of an endpoint. */
export const TakesFilters = (): MethodDecorator =>
  ApiQuery({
    name: 'filters',
    required: false,
    style: 'form',
    explode: true,
    description:
      'Any other parameter is a filter, as PostgREST writes them: `column=eq.value`, `age=gte.18`, `id=in.(1,2)`, ' +
      '`name=not.is.null`, `or=(a.eq.1,b.gt.2)`. All of them have to hold; one name may be given several times.',
    schema: { type: 'object', additionalProperties: { type: 'string' } },
    example: { body: 'like.*milk*' },
  });

/** Describes which part of a table an endpoint answers. */
export const TakesSelection = (): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'select',
      required: false,
      description: "Columns, JSON paths and embedded tables, in PostgREST's words.",
      schema: { type: 'string', default: '*', maxLength: 2_000, example: 'id,body,created_at' },
    }),
    ApiQuery({
      name: 'order',
      required: false,
      description: '`column.asc`, `column.desc.nullslast`; several separated by commas.',
      schema: { type: 'string', maxLength: 500, example: 'created_at.desc' },
    }),
    ApiQuery({
      name: 'limit',
      required: false,
      description: 'At most so many rows.',
      schema: { type: 'integer', minimum: 0, maximum: MOST_ROWS, default: MOST_ROWS, example: 10 },
    }),
    ApiQuery({
      name: 'offset',
      required: false,
      description: 'So many rows are skipped.',
      schema: { type: 'integer', minimum: 0, default: 0, example: 0 },
    }),
    TakesFilters(),
  );

/** Describes the columns that make a row the same one. */
export const TakesConflictColumns = (): MethodDecorator =>
  ApiQuery({
    name: 'on_conflict',
    required: false,
    description:
      'The columns that make a row the same one, separated by commas; without them the primary key.',
    schema: { type: 'string', example: 'id' },
  });
