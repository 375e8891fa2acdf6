import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { MayBeAbsent } from './absent.decorator.js';
import { NumberInUrl } from './number-in-url.decorator.js';

/** A page of whatever list holds no more. */
const MOST_ON_A_PAGE = 1000;
/** As far as Postgres counts rows to pass over. */
const LARGEST_OFFSET = 2_147_483_647;

/** How much a page of a list holds, 1 to 1000, in the query. The field's value is the default, to be told here as well. */
export const PageSize = (description: string, usual = 100): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: 'integer',
      minimum: 1,
      maximum: MOST_ON_A_PAGE,
      default: usual,
      required: false,
      description,
      example: usual,
    }),
    MayBeAbsent(),
    NumberInUrl(),
    IsInt(),
    Min(1),
    Max(MOST_ON_A_PAGE),
  );

/** How much of a list comes before the page, in the query; nothing unless told. */
export const PageOffset = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ type: 'integer', minimum: 0, default: 0, required: false, description, example: 0 }),
    MayBeAbsent(),
    NumberInUrl(),
    IsInt(),
    Min(0),
    Max(LARGEST_OFFSET),
  );
