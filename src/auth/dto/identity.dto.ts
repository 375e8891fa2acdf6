import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsUUID } from 'class-validator';

const ID = {
  format: 'uuid',
  example: '0b7f3f0e-5a0f-4a3b-8f0e-5f5c1f3f7b1a',
  description: 'The `identity_id`.',
};

export class IdentityParam {
  @ApiProperty(ID)
  @IsUUID('loose')
  id!: string;
}

/** A way to sign in that is linked to the user. */
export class IdentityDto {
  @ApiProperty({ ...ID, description: 'By this one it is removed.' })
  identity_id!: string;

  @ApiProperty({
    example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11',
    description: 'What its provider calls the user.',
  })
  id!: string;

  @ApiProperty({ format: 'uuid', example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11', description: 'The user.' })
  user_id!: string;

  @ApiProperty({ example: 'email', description: 'The provider.' })
  provider!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: { email: 'ada@example.com' },
    description: 'What the provider says of the user.',
  })
  identity_data?: Record<string, unknown>;

  @ApiPropertyOptional({
    format: 'date-time',
    example: '2026-01-01T00:00:00Z',
    description: 'When it was linked.',
  })
  created_at?: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-01-01T12:00:00Z',
    description: 'When the user last signed in by it.',
  })
  last_sign_in_at?: string | null;
}
