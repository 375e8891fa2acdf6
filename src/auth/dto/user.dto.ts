import { ApiProperty } from '@nestjs/swagger';

const ID = {
  format: 'uuid',
  example: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
  description: "Supabase's id of the user.",
};
const EMAIL = {
  type: String,
  nullable: true,
  example: 'ada@example.com',
  description: 'Null for anonymous users.',
};
const CREATED = { format: 'date-time', example: '2026-01-01T00:00:00Z', description: 'When they signed up.' };
const LAST_SIGN_IN = {
  type: String,
  nullable: true,
  format: 'date-time',
  example: '2026-01-01T12:00:00Z',
  description: 'When they last signed in; null before the first time.',
};

export class AuthUserDto {
  @ApiProperty(ID)
  id!: string;

  @ApiProperty(EMAIL)
  email!: string | null;

  @ApiProperty(CREATED)
  created_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-01-01T00:05:00Z',
    description: 'When the e-mail address was confirmed; null when it is not.',
  })
  email_confirmed_at!: string | null;

  @ApiProperty(LAST_SIGN_IN)
  last_sign_in_at!: string | null;
}

export class EnvelopedAuthUserDto {
  @ApiProperty(ID)
  id!: string;

  @ApiProperty(EMAIL)
  email!: string | null;

  @ApiProperty(CREATED)
  created_at!: string;

  @ApiProperty({ example: true, description: 'Whether the e-mail address is confirmed.' })
  email_confirmed!: boolean;

  @ApiProperty(LAST_SIGN_IN)
  last_sign_in!: string | null;
}

const METADATA = {
  type: 'object' as const,
  additionalProperties: true,
  example: { theme: 'dark' },
  description: 'What the user has set of themselves.',
};

export class AuthUserWithDataDto extends AuthUserDto {
  @ApiProperty(METADATA)
  user_metadata!: Record<string, unknown>;
}

export class EnvelopedAuthUserWithDataDto extends EnvelopedAuthUserDto {
  @ApiProperty(METADATA)
  user_metadata!: Record<string, unknown>;
}
