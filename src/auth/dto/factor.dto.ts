import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../platform/http/absent.decorator.js';

const FACTOR_ID = {
  format: 'uuid',
  example: '5d3c1b9e-7a0f-4b53-9a11-2f6d8c0e4b7a',
  description: 'The factor.',
};
const CHALLENGE_ID = {
  format: 'uuid',
  example: 'c1a7f0de-0b7c-4f4e-8d0e-6b9a3a6f5e21',
  description: 'The challenge.',
};
const NAME = { maxLength: 64, example: 'My phone', description: 'To tell it from others.' };

export class FactorParam {
  @ApiProperty(FACTOR_ID)
  @IsUUID('loose')
  id!: string;
}

export class EnrollFactorBody {
  @ApiPropertyOptional({
    enum: ['totp'],
    default: 'totp',
    example: 'totp',
    description: 'Codes from an authenticator app.',
  })
  @IsIn(['totp'])
  factor_type = 'totp' as const;

  @ApiPropertyOptional({
    ...NAME,
    description: 'To tell it from others. By default it says when it was begun.',
  })
  @MayBeAbsent()
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  friendly_name?: string;

  @ApiPropertyOptional({
    maxLength: 64,
    example: 'Example',
    description: "What the authenticator app shows; the project's site by default.",
  })
  @MayBeAbsent()
  @MaxLength(64)
  @IsNotEmpty()
  @IsString()
  issuer?: string;
}

export class VerifyFactorBody {
  @ApiProperty(CHALLENGE_ID)
  @IsUUID('loose')
  challenge_id!: string;

  @ApiProperty({ pattern: '^[0-9]{6}$', example: '123456', description: 'What the authenticator app shows.' })
  @Matches(/^[0-9]{6}$/, { message: 'code must be six digits' })
  code!: string;
}

export class TotpDto {
  @ApiProperty({
    example: 'data:image/svg+xml;utf-8,<svg xmlns="http://www.w3.org/2000/svg">…</svg>',
    description: 'The URI as a QR code: the source of an image.',
  })
  qr_code!: string;

  @ApiProperty({ example: 'JBSWY3DPEHPK3PXP', description: 'For typing it in.' })
  secret!: string;

  @ApiProperty({
    example: 'otpauth://totp/example.com:ada@example.com?secret=JBSWY3DPEHPK3PXP&issuer=example.com',
    description: 'What an authenticator app reads.',
  })
  uri!: string;
}

/** A factor that was just begun. Its secret is shown this once. */
export class EnrolledFactorDto {
  @ApiProperty(FACTOR_ID)
  id!: string;

  @ApiProperty({ enum: ['totp'], example: 'totp', description: 'What kind of factor it is.' })
  type!: 'totp';

  @ApiPropertyOptional(NAME)
  friendly_name?: string;

  @ApiProperty({ type: TotpDto, description: 'For setting up an authenticator app.' })
  totp!: TotpDto;
}

export class FactorDto {
  @ApiProperty(FACTOR_ID)
  id!: string;

  @ApiPropertyOptional(NAME)
  friendly_name?: string;

  @ApiProperty({
    example: 'totp',
    description: 'What kind of factor it is: `totp`, or what else the project has, such as `recovery_code`.',
  })
  factor_type!: string;

  @ApiPropertyOptional({
    example: '',
    description: 'The number of a factor that is a phone; empty for others.',
  })
  phone?: string;

  @ApiProperty({
    enum: ['verified', 'unverified'],
    example: 'verified',
    description: 'It counts once a code of it was verified.',
  })
  status!: 'verified' | 'unverified';

  @ApiProperty({ format: 'date-time', example: '2026-01-01T00:00:00Z', description: 'When it was begun.' })
  created_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-01T00:05:00Z', description: 'When it last changed.' })
  updated_at!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'date-time',
    example: '2026-01-01T00:05:00Z',
    description: 'When its owner was last asked for a code of it.',
  })
  last_challenged_at?: string | null;
}

export class ChallengeDto {
  @ApiProperty(CHALLENGE_ID)
  id!: string;

  @ApiProperty({ example: 'totp', description: 'The kind of factor.' })
  type!: string;

  @ApiProperty({
    type: 'integer',
    example: 1_767_225_900,
    description: 'Until when it can be answered, in Unix seconds.',
  })
  expires_at!: number;
}
