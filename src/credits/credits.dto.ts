import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { NumberInUrl } from '../platform/http/number-in-url.decorator.js';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { PageSize } from '../platform/http/page.decorators.js';

/** The caller's balance. */
export class CreditsDto {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Credits that can be spent now.', example: 100 })
  credits!: number;

  @ApiProperty({ description: 'The tier, see `/tiers`.', example: 'free' })
  subscription_tier!: string;
}

/** One row of the ledger. */
export class TransactionDto {
  @ApiProperty({ type: 'integer', description: 'Grows with time.', example: 17 })
  id!: number;

  @ApiProperty({
    format: 'uuid',
    description: 'Whose credits they are.',
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
  })
  username!: string;

  @ApiProperty({ type: 'integer', description: 'Credits moved; negative for use.', example: -1 })
  amount!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'The balance after this row.', example: 99 })
  balance_after!: number;

  @ApiProperty({ description: 'What for.', example: 'API request to /api/resource/' })
  description!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The path that was asked for; null where no request was charged.',
    example: '/api/resource/',
  })
  endpoint!: string | null;

  @ApiProperty({ format: 'date-time', description: 'When.', example: '2026-01-01T00:00:00.000Z' })
  created_at!: Date;
}

/** What came in, what went out. */
export class SummaryDto {
  @ApiProperty({
    type: 'integer',
    description: 'Sign-up credits, grants and adjustments together.',
    example: 100,
  })
  total_added!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Charges less refunds.', example: 10 })
  total_used!: number;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'The balance.', example: 90 })
  current_balance!: number;
}

/** Which part of the ledger. */
export class TransactionsQuery {
  @PageSize('Rows a page.')
  limit = 100;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    required: false,
    description: 'Where the page begins, as given in the `Link` header of the page before.',
    example: 17,
  })
  @MayBeAbsent()
  @NumberInUrl()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number;
}
