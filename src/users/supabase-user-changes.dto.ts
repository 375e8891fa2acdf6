import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsEmail,
  IsObject,
  IsString,
  Matches,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';

const ANY_OBJECT = { type: 'object' as const, additionalProperties: true };

/** A password as an administrator sets it; the representations differ in how short it may be. */
function Password(least: number, { required }: { required: boolean }): PropertyDecorator {
  const decorators = [
    ApiProperty({ format: 'password', minLength: least, maxLength: 72, required, example: 'correct horse' }),
    ...(required ? [] : [MayBeAbsent()]),
    IsString(),
    MinLength(least),
    // The hash takes no more; Supabase refuses what is longer.
    MaxLength(72),
  ];
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

class NewSupabaseUserFields {
  @ApiProperty({ format: 'email', maxLength: 255, example: 'user@example.com' })
  @IsEmail()
  @MaxLength(255)
  email!: string;

  @ApiProperty({
    ...ANY_OBJECT,
    selfRequired: false,
    description: 'What the user may change.',
    example: { name: 'Ann' },
  })
  @MayBeAbsent()
  @IsObject()
  user_metadata?: Record<string, unknown>;
}

/** A new user: confirmed at once, no e-mail goes out. */
export class NewSupabaseUserDto extends NewSupabaseUserFields {
  @Password(8, { required: true })
  password!: string;
}

/** As in the enveloped representation. */
export class EnvelopedNewSupabaseUserDto extends NewSupabaseUserFields {
  @Password(6, { required: true })
  password!: string;
}

class SupabaseUserFields {
  @ApiProperty({
    format: 'email',
    maxLength: 255,
    required: false,
    description: 'Counts as confirmed.',
    example: 'new@example.com',
  })
  @MayBeAbsent()
  @IsEmail()
  @MaxLength(255)
  email?: string;

  @ApiProperty({ required: false, description: 'Whether the address counts as confirmed.', example: true })
  @MayBeAbsent()
  @IsBoolean()
  email_confirm?: boolean;

  @ApiProperty({
    ...ANY_OBJECT,
    selfRequired: false,
    description: 'Merged into what is there; null removes a key.',
    example: { name: 'New Name' },
  })
  @MayBeAbsent()
  @IsObject()
  user_metadata?: Record<string, unknown>;

  @ApiProperty({
    ...ANY_OBJECT,
    selfRequired: false,
    description: 'Merged into what is there; null removes a key.',
    example: { plan: 'gold' },
  })
  @MayBeAbsent()
  @IsObject()
  app_metadata?: Record<string, unknown>;

  @ApiProperty({
    required: false,
    description: 'How long Supabase refuses sign-ins, such as `24h`; `none` ends it.',
    example: 'none',
  })
  @MayBeAbsent()
  @IsString()
  @Matches(/^(none|([0-9]{1,6}[hms])+)$/, { message: 'ban_duration must be a duration such as 24h, or none' })
  @MaxLength(30)
  ban_duration?: string;
}

/** What of one of Supabase's users an administrator may change. */
export class SupabaseUserDataDto extends SupabaseUserFields {
  @Password(8, { required: false })
  password?: string;
}

/** As in the enveloped representation. */
export class EnvelopedSupabaseUserDataDto extends SupabaseUserFields {
  @Password(6, { required: false })
  password?: string;
}

const USER_DATA = {
  required: false,
  description: 'The same fields under the name they have in the library; these win.',
  example: { user_metadata: { name: 'New Name' } },
};

/** The changes, as they are or inside `user_data`. */
export class SupabaseUserChangeDto extends SupabaseUserDataDto {
  @ApiProperty({ ...USER_DATA, type: () => SupabaseUserDataDto })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => SupabaseUserDataDto)
  user_data?: SupabaseUserDataDto;
}

/** As in the enveloped representation. */
export class EnvelopedSupabaseUserChangeDto extends EnvelopedSupabaseUserDataDto {
  @ApiProperty({ ...USER_DATA, type: () => EnvelopedSupabaseUserDataDto })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => EnvelopedSupabaseUserDataDto)
  user_data?: EnvelopedSupabaseUserDataDto;
}
