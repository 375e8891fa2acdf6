import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsUUID, Max, Min } from 'class-validator';
import { NumberInUrl } from '../platform/http/number-in-url.decorator.js';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { PageSize } from '../platform/http/page.decorators.js';

const ANY_OBJECT = { type: 'object' as const, additionalProperties: true };

/** A user as Supabase Auth describes them. Which further fields there are is Supabase's to say. */
export class SupabaseAccountDto {
  @ApiProperty({ format: 'uuid', example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11' })
  id!: string;

  @ApiProperty({
    required: false,
    description: 'Empty for an anonymous user.',
    example: 'user@example.com',
  })
  email?: string;

  @ApiProperty({
    ...ANY_OBJECT,
    description: 'Set by the server only: providers, and what you put there.',
    example: { provider: 'email', providers: ['email'] },
  })
  app_metadata!: Record<string, unknown>;

  @ApiProperty({ ...ANY_OBJECT, description: 'What the user may change.', example: { name: 'Ann' } })
  user_metadata!: Record<string, unknown>;

  @ApiProperty({ description: 'Whom its tokens are for.', example: 'authenticated' })
  aud!: string;

  @ApiProperty({
    format: 'date-time',
    required: false,
    description: 'When the address was confirmed.',
    example: '2026-01-01T00:00:00.000Z',
  })
  email_confirmed_at?: string;

  @ApiProperty({ format: 'date-time', required: false, example: '2026-01-01T00:00:00.000Z' })
  last_sign_in_at?: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T00:00:00.000Z' })
  created_at!: string;
}

/** A way to sign in that is linked to a user. */
export class SupabaseIdentityDto {
  @ApiProperty({
    format: 'uuid',
    description: 'Of the identity.',
    example: '0b7f3f0e-5a0f-4a3b-8f0e-5f5c1f3f7b1a',
  })
  identity_id!: string;

  @ApiProperty({
    description: 'At its provider.',
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
  })
  id!: string;

  @ApiProperty({ format: 'uuid', example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11' })
  user_id!: string;

  @ApiProperty({ description: 'The provider.', example: 'email' })
  provider!: string;

  @ApiProperty({
    ...ANY_OBJECT,
    selfRequired: false,
    description: 'What the provider says of the user.',
    example: { email: 'user@example.com' },
  })
  identity_data?: Record<string, unknown>;
}

/** Which part of Supabase's users. */
export class SupabaseUsersQuery {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 1,
    required: false,
    description: 'The page, from 1.',
    example: 1,
  })
  @MayBeAbsent()
  @NumberInUrl()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  page = 1;

  @PageSize('Users a page.', 50)
  per_page = 50;
}

/** One of Supabase's users in the path. */
export class SupabaseUserParam {
  @ApiProperty({
    format: 'uuid',
    description: 'The id at Supabase.',
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
  })
  @IsUUID('loose')
  uuid!: string;
}
