import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import type { EmailOtpType } from '../../supabase/supabase.types.js';
import { Email } from './credentials.dto.js';

const TYPES: EmailOtpType[] = ['email', 'signup', 'magiclink', 'recovery', 'invite'];

export class OtpBody {
  @Email()
  email!: string;
}

export class OtpVerifyBody {
  @Email()
  email!: string;

  @ApiProperty({ maxLength: 256, example: '123456', description: 'The code from the e-mail.' })
  @MaxLength(256)
  @IsNotEmpty()
  @IsString()
  token!: string;

  @ApiPropertyOptional({
    enum: TYPES,
    default: 'email',
    example: 'email',
    description: 'Which e-mail the code is from. `email` takes sign-in and sign-up codes.',
  })
  @IsIn(TYPES)
  type: EmailOtpType = 'email';
}
