import { ApiProperty } from '@nestjs/swagger';
import { EnvelopedAuthUserDto, AuthUserDto } from './user.dto.js';

const ACCESS_TOKEN = {
  example: 'eyJhbGciOiJIUzI1NiIs…',
  description: 'Goes along as `Authorization: Bearer …`.',
};
const REFRESH_TOKEN = { example: 'v2hq3xk7n5wd', description: 'For one call of `/auth/refresh`.' };
const TOKEN_TYPE = { enum: ['bearer'], example: 'bearer', description: 'How the access token is sent.' };
const EXPIRES_IN = {
  type: 'integer' as const,
  example: 3_600,
  description: 'How long the access token lives, in seconds.',
};
const USER = { description: 'Who has signed in.' };
const NEW_USER = { description: 'Who has signed up.' };
const UNLESS_CONFIRMED = 'until the e-mail address is confirmed.';

/** What both representations have in common. */
class TokenAnswer {
  @ApiProperty(TOKEN_TYPE)
  token_type!: 'bearer';

  @ApiProperty(EXPIRES_IN)
  expires_in!: number;
}

export class SignInDto extends TokenAnswer {
  @ApiProperty(ACCESS_TOKEN)
  access_token!: string;

  @ApiProperty(REFRESH_TOKEN)
  refresh_token!: string;

  @ApiProperty({ ...USER, type: AuthUserDto })
  user!: AuthUserDto;
}

export class EnvelopedSignInDto extends TokenAnswer {
  @ApiProperty(ACCESS_TOKEN)
  access_token!: string;

  @ApiProperty(REFRESH_TOKEN)
  refresh_token!: string;

  @ApiProperty({ ...USER, type: EnvelopedAuthUserDto })
  user!: EnvelopedAuthUserDto;
}

export class SignUpDto extends TokenAnswer {
  @ApiProperty({ ...ACCESS_TOKEN, type: String, nullable: true, description: `Null ${UNLESS_CONFIRMED}` })
  access_token!: string | null;

  @ApiProperty({ ...REFRESH_TOKEN, type: String, nullable: true, description: `Null ${UNLESS_CONFIRMED}` })
  refresh_token!: string | null;

  @ApiProperty({ ...NEW_USER, type: AuthUserDto })
  user!: AuthUserDto;
}

export class EnvelopedSignUpDto extends TokenAnswer {
  @ApiProperty({ ...ACCESS_TOKEN, description: `Empty ${UNLESS_CONFIRMED}` })
  access_token!: string;

  @ApiProperty({ ...REFRESH_TOKEN, description: `Empty ${UNLESS_CONFIRMED}` })
  refresh_token!: string;

  @ApiProperty({ ...NEW_USER, type: EnvelopedAuthUserDto })
  user!: EnvelopedAuthUserDto;
}
