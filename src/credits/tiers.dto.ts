import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';

/** What a subscription gives. */
export class TierDto {
  @ApiProperty({ description: '`anonymous` limits requests without a token, by address.', example: 'free' })
  name!: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Requests per UTC day.', example: 100 })
  daily_requests!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    description: 'Credits granted once to a new user of this tier.',
    example: 100,
  })
  signup_credits!: number;
}

/** What of a tier may change. A change holds from the next request on. */
export class TierChangeDto {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000_000,
    required: false,
    description: 'Requests per UTC day.',
    example: 200,
  })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  daily_requests?: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000_000,
    required: false,
    description: 'Credits granted once to a new user of this tier.',
    example: 100,
  })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(1_000_000_000)
  signup_credits?: number;
}

/** A tier in the path. */
export class TierParam {
  @ApiProperty({ description: 'The name of the tier.', example: 'free' })
  @IsString()
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'name must be the name of a tier' })
  name!: string;
}
