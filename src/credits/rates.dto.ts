import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { NumberInUrl } from '../platform/http/number-in-url.decorator.js';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';

/** The methods an endpoint can have. A `HEAD` request costs what its `GET` costs. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type RateMethod = (typeof METHODS)[number];

/** The largest price: any sum of charges stays an exact number. */
const HIGHEST_PRICE = 1_000_000_000;

/** Parts are literal text, `:name` for one part, or `*` for any; no query, no empty part. */
const PATTERN = /^(?=\/)(\/([^\s/?#:*{}\\<>"]+|:[A-Za-z_]\w*|\*\w*))*\/?$/;
const PATTERN_MESSAGE =
  'endpoint_path must be a path such as /api/resource/ or a pattern such as /api/storage/buckets/:bucket/objects/*';

const PATH_DESCRIPTION =
  'An exact path, or a route pattern in which `:name` stands for one part and `*` for any. The most specific rate of a ' +
  'request counts. `/api/x`, `/api/v1/x` and `/api/x/` are one.';

/** `get` is `GET`. */
const InCapitals = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toUpperCase() : value));

/** The price of an endpoint. */
export class RateDto {
  @ApiProperty({ type: 'integer', example: 1 })
  id!: number;

  @ApiProperty({ description: PATH_DESCRIPTION, example: '/api/resource/' })
  endpoint_path!: string;

  @ApiProperty({
    type: String,
    enum: METHODS,
    nullable: true,
    description: 'The method it holds for; null for all.',
    example: 'GET',
  })
  method!: RateMethod | null;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'What one request costs.', example: 1 })
  credits_per_request!: number;

  @ApiProperty({ description: 'For people.', example: 'Standard API request' })
  description!: string;

  @ApiProperty({ description: 'Whether it counts.', example: true })
  is_active!: boolean;
}

/** A price to be put on an endpoint. */
export class NewRateDto {
  @ApiProperty({ maxLength: 500, description: PATH_DESCRIPTION, example: '/api/resource/' })
  @IsString()
  @MaxLength(500)
  @Matches(PATTERN, { message: PATTERN_MESSAGE })
  endpoint_path!: string;

  @ApiProperty({
    type: String,
    enum: METHODS,
    nullable: true,
    required: false,
    description: 'The method it holds for; absent or null for all.',
    example: 'GET',
  })
  @IsOptional()
  @InCapitals()
  @IsIn(METHODS)
  method?: RateMethod | null;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: HIGHEST_PRICE,
    description: 'What one request costs.',
    example: 1,
  })
  @IsInt()
  @Min(0)
  @Max(HIGHEST_PRICE)
  credits_per_request!: number;

  @ApiProperty({
    maxLength: 1000,
    default: '',
    required: false,
    description: 'For people.',
    example: 'Standard API request',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  description?: string;

  @ApiProperty({ default: true, required: false, description: 'Whether it counts.', example: true })
  @MayBeAbsent()
  @IsBoolean()
  is_active?: boolean;
}

/** What of a rate may change. */
export class RateChangeDto {
  @ApiProperty({ maxLength: 500, required: false, description: PATH_DESCRIPTION, example: '/api/resource/' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  @Matches(PATTERN, { message: PATTERN_MESSAGE })
  endpoint_path?: string;

  @ApiProperty({
    type: String,
    enum: METHODS,
    nullable: true,
    required: false,
    description: 'The method it holds for; null for all.',
    example: 'GET',
  })
  @IsOptional()
  @InCapitals()
  @IsIn(METHODS)
  method?: RateMethod | null;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: HIGHEST_PRICE,
    required: false,
    description: 'What one request costs.',
    example: 2,
  })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(HIGHEST_PRICE)
  credits_per_request?: number;

  @ApiProperty({
    maxLength: 1000,
    required: false,
    description: 'For people.',
    example: 'Standard API request',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(1000)
  description?: string;

  @ApiProperty({ required: false, description: 'Whether it counts.', example: false })
  @MayBeAbsent()
  @IsBoolean()
  is_active?: boolean;
}

/** A rate in the path. */
export class RateParam {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'The number of the rate.', example: 1 })
  @NumberInUrl()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  id!: number;
}
