import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsNotEmpty, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { FitsBcrypt, SameAs } from './password-rules.js';

const EMAIL_EXAMPLE = 'ada@example.com';
const PASSWORD_EXAMPLE = 'correct horse battery';

/** As long as a mailbox can be (RFC 5321). */
const MAX_EMAIL = 254;

/** An e-mail address. */
export const Email = (): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      format: 'email',
      maxLength: MAX_EMAIL,
      example: EMAIL_EXAMPLE,
      description: 'The e-mail address.',
    }),
    MaxLength(MAX_EMAIL),
    IsEmail(),
  );

/** A password that is being set. */
export const NewPassword = (
  minLength: number,
  description = `At least ${minLength} characters, at most 72 bytes.`,
): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ minLength, format: 'password', example: PASSWORD_EXAMPLE, description }),
    FitsBcrypt(),
    MinLength(minLength),
    IsString(),
  );

/** A password that is being compared. */
export const PresentPassword = (description: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({ format: 'password', maxLength: 1_024, example: PASSWORD_EXAMPLE, description }),
    MaxLength(1_024),
    IsNotEmpty(),
    IsString(),
  );

/** The contract's lengths. */
export const MIN_PASSWORD = { plain: 8, enveloped: 6 } as const;

const MISMATCH = 'Passwords do not match';

export class SignUpBody {
  @Email()
  email!: string;

  @NewPassword(MIN_PASSWORD.plain)
  password!: string;
}

export class EnvelopedSignUpBody {
  @Email()
  email!: string;

  @NewPassword(MIN_PASSWORD.enveloped)
  password!: string;

  @ApiProperty({ format: 'password', example: PASSWORD_EXAMPLE, description: 'The password again.' })
  @SameAs('password', { message: MISMATCH })
  confirm_password!: string;
}

export class EnvelopedRegisterBody {
  @Email()
  email!: string;

  @NewPassword(MIN_PASSWORD.enveloped)
  password!: string;

  @ApiPropertyOptional({ format: 'password', example: PASSWORD_EXAMPLE, description: 'The password again.' })
  @IsOptional()
  @SameAs('password', { message: MISMATCH })
  confirm_password?: string;
}

export class LoginBody {
  @Email()
  email!: string;

  @PresentPassword('The password.')
  password!: string;
}

export class EnvelopedLoginBody {
  @Email()
  email!: string;

  @ApiProperty({
    format: 'password',
    minLength: MIN_PASSWORD.enveloped,
    maxLength: 1_024,
    example: PASSWORD_EXAMPLE,
    description: 'The password.',
  })
  @MaxLength(1_024)
  @MinLength(MIN_PASSWORD.enveloped)
  @IsString()
  password!: string;
}

export class RefreshBody {
  @ApiProperty({
    maxLength: 4_096,
    example: 'v2hq3xk7n5wd',
    description: 'The refresh token of the last sign-in or refresh. It can be used once.',
  })
  @MaxLength(4_096)
  @IsNotEmpty()
  @IsString()
  refresh_token!: string;
}
