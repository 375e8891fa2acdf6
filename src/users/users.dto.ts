import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { PageOffset, PageSize } from '../platform/http/page.decorators.js';

const ROLES = ['user', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The most that is added at once; a balance stays far below what a number holds exactly. */
const LARGEST_GRANT = 1_000_000_000;

/** The name of a tier; which ones there are is for the database to say. */
const TIER_NAME = /^[a-z][a-z0-9_-]{0,39}$/;

/** A profile's number (`User.id`) or Supabase's uuid (`User.username`). */
const USER_ID = /^([1-9][0-9]{0,9}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;

/** What the service knows of a user besides what Supabase knows. */
export class ProfileDto {
  @ApiProperty({
    format: 'uuid',
    description: 'The id at Supabase.',
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
  })
  supabase_uid!: string;

  @ApiProperty({ description: 'The tier, see `/tiers`.', example: 'free' })
  subscription_tier!: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'Credits that can be spent now.', example: 100 })
  credits_balance!: number;

  @ApiProperty({ format: 'date-time', description: 'When it was made.', example: '2026-01-01T00:00:00.000Z' })
  created_at!: Date;

  @ApiProperty({
    format: 'date-time',
    description: 'When it changed last.',
    example: '2026-01-01T00:00:00.000Z',
  })
  updated_at!: Date;
}

/** A user of the service. */
export class UserDto {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  id!: number;

  @ApiProperty({
    format: 'uuid',
    description: 'The id at Supabase.',
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
  })
  username!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null for an anonymous user.',
    example: 'user@example.com',
  })
  email!: string | null;

  @ApiProperty({ description: 'What the service knows besides.' })
  profile!: ProfileDto;
}

/** Which users, and which part of them. */
export class UsersQuery {
  @PageSize('Users a page.')
  limit = 100;

  @PageOffset('Users to pass over.')
  offset = 0;

  @ApiProperty({
    maxLength: 320,
    required: false,
    description: 'The e-mail address, in capitals or not; `*` stands for anything (`*@example.com`).',
    example: 'user@example.com',
  })
  @MayBeAbsent()
  @IsString()
  @MinLength(1)
  @MaxLength(320)
  email?: string;

  @ApiProperty({ required: false, description: 'The tier.', example: 'free' })
  @MayBeAbsent()
  @IsString()
  @Matches(TIER_NAME, { message: 'tier must be the name of a tier' })
  tier?: string;
}

/** A user in the path. */
export class UserParam {
  @ApiProperty({ description: 'The number (`id`) or the uuid (`username`).', example: '1' })
  @IsString()
  @Matches(USER_ID, { message: 'id must be a number or a uuid' })
  id!: string;
}

/** What of a user an administrator may change. */
export class UserChangeDto {
  @ApiProperty({
    required: false,
    description: 'The tier; holds from the next request on.',
    example: 'premium',
  })
  @MayBeAbsent()
  @IsString()
  @Matches(TIER_NAME, { message: 'subscription_tier must be the name of a tier' })
  subscription_tier?: string;

  @ApiProperty({ enum: ROLES, required: false, description: 'The role in this service.', example: 'user' })
  @MayBeAbsent()
  @IsIn(ROLES)
  role?: Role;

  @ApiProperty({
    required: false,
    description: 'false: every request of his is refused from now on.',
    example: true,
  })
  @MayBeAbsent()
  @IsBoolean()
  is_active?: boolean;
}

/** Credits for a user. */
export class AddCreditsDto {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: LARGEST_GRANT,
    description: 'How many.',
    example: 100,
  })
  @IsInt()
  @Min(1)
  @Max(LARGEST_GRANT)
  amount!: number;

  @ApiProperty({
    maxLength: 500,
    required: false,
    description: 'Why; kept in the ledger.',
    example: 'Goodwill',
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  reason?: string;
}

/** What came of it. */
export class CreditsAddedDto {
  @ApiProperty({ example: "Added 100 credits to 7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11's account" })
  message!: string;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'The balance now.', example: 200 })
  new_balance!: number;
}
