import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Email, MIN_PASSWORD, NewPassword, PresentPassword } from './credentials.dto.js';

export class PasswordResetBody {
  @Email()
  email!: string;

  @ApiPropertyOptional({
    format: 'uri',
    maxLength: 2_048,
    example: 'https://app.example.com/new-password',
    description: 'Where the link in the e-mail ends. One of those that `REDIRECT_URLS` allows.',
  })
  @IsOptional()
  @MaxLength(2_048)
  @IsString()
  redirect_url?: string;
}

export class PasswordBody {
  @PresentPassword('The present password.')
  current_password!: string;

  @NewPassword(
    MIN_PASSWORD.plain,
    `The new password: at least ${MIN_PASSWORD.plain} characters, at most 72 bytes.`,
  )
  new_password!: string;
}

export class EnvelopedPasswordBody {
  @PresentPassword('The present password.')
  current_password!: string;

  @NewPassword(
    MIN_PASSWORD.enveloped,
    `The new password: at least ${MIN_PASSWORD.enveloped} characters, at most 72 bytes.`,
  )
  new_password!: string;
}
