import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, MaxLength, ValidateIf } from 'class-validator';

const GRANTS = ['password', 'refresh_token'] as const;

/**
 * The form of an OAuth2 token request (RFC 6749, 4.3.2 and 6). Parameters that are not known here are ignored, as the
 * standard wants it.
 */
export class TokenForm {
  @ApiProperty({ enum: GRANTS, example: 'password', description: 'How the caller proves who they are.' })
  @IsIn(GRANTS)
  grant_type!: (typeof GRANTS)[number];

  @ApiPropertyOptional({ example: 'ada@example.com', description: 'The e-mail address, for `password`.' })
  @ValidateIf((form: TokenForm) => form.grant_type === 'password')
  @MaxLength(254)
  @IsNotEmpty()
  @IsString()
  username!: string;

  @ApiPropertyOptional({
    format: 'password',
    example: 'correct horse battery',
    description: 'The password, for `password`.',
  })
  @ValidateIf((form: TokenForm) => form.grant_type === 'password')
  @MaxLength(1_024)
  @IsNotEmpty()
  @IsString()
  password!: string;

  @ApiPropertyOptional({ example: 'v2hq3xk7n5wd', description: 'The refresh token, for `refresh_token`.' })
  @ValidateIf((form: TokenForm) => form.grant_type === 'refresh_token')
  @MaxLength(4_096)
  @IsNotEmpty()
  @IsString()
  refresh_token!: string;
}

/** A successful answer (RFC 6749, 5.1). */
export class TokenDto {
  @ApiProperty({
    example: 'eyJhbGciOiJIUzI1NiIs…',
    description: 'Goes along as `Authorization: Bearer …`.',
  })
  access_token!: string;

  @ApiProperty({ enum: ['bearer'], example: 'bearer', description: 'How the access token is sent.' })
  token_type!: 'bearer';

  @ApiProperty({
    type: 'integer',
    example: 3_600,
    description: 'How long the access token lives, in seconds.',
  })
  expires_in!: number;

  @ApiProperty({ example: 'v2hq3xk7n5wd', description: 'For one request with `grant_type=refresh_token`.' })
  refresh_token!: string;
}
