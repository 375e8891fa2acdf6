import { ApiProperty } from '@nestjs/swagger';

const UUID = '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10';

export class AccountDto {
  @ApiProperty({ type: 'integer', example: 1, description: 'The number of the user, as in `/users`.' })
  id!: number;

  @ApiProperty({ format: 'uuid', example: UUID, description: 'The same as `supabase_id`.' })
  username!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'ada@example.com',
    description: 'Null for anonymous users.',
  })
  email!: string | null;

  @ApiProperty({ format: 'uuid', example: UUID, description: "Supabase's id of the user." })
  supabase_id!: string;

  @ApiProperty({
    type: [String],
    example: ['authenticated'],
    description: "Supabase's role, and `admin` for administrators of this service.",
  })
  roles!: string[];

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { sub: UUID, exp: 1_767_268_800 },
    description: 'The claims of the token that came with the request.',
  })
  claims!: Readonly<Record<string, unknown>>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { id: UUID, aud: 'authenticated', user_metadata: {} },
    description: 'The user as Supabase keeps them.',
  })
  supabase_data!: Record<string, unknown>;
}

/** The fields that matter; Supabase may send more of them. */
export class RegisteredUserDto {
  @ApiProperty({ format: 'uuid', example: UUID, description: "Supabase's id of the user." })
  id!: string;

  @ApiProperty({ example: 'ada@example.com', description: 'The e-mail address.' })
  email!: string;

  @ApiProperty({ example: 'authenticated', description: 'The audience of the tokens of this user.' })
  aud!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { provider: 'email', providers: ['email'] },
    description: 'What Supabase and administrators have set.',
  })
  app_metadata!: Record<string, unknown>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: {},
    description: 'What the user has set of themselves.',
  })
  user_metadata!: Record<string, unknown>;

  @ApiProperty({
    required: false,
    format: 'date-time',
    example: '2026-01-01T00:00:00Z',
    description: 'When the confirmation e-mail was sent, if one was needed.',
  })
  confirmation_sent_at?: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T00:00:00Z', description: 'When they signed up.' })
  created_at!: string;
}
