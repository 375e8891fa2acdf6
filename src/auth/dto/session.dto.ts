import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsObject } from 'class-validator';
import type { SignOutScope } from '../../supabase/supabase.types.js';
import { IsStorableJson } from './storable-json.js';
import { EnvelopedAuthUserDto, AuthUserDto } from './user.dto.js';

const SCOPES: SignOutScope[] = ['local', 'global', 'others'];

export class LogoutQuery {
  @ApiPropertyOptional({
    enum: SCOPES,
    default: 'local',
    example: 'local',
    description:
      "`local`: this session. `global`: all of the user's. `others`: all of the user's but this one.",
  })
  @IsIn(SCOPES)
  scope: SignOutScope = 'local';
}

export class SessionDataBody {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { theme: 'dark' },
    description: 'Merged into the metadata of the user; a key with the value null is removed. At most 8 KiB.',
  })
  @IsStorableJson()
  @IsObject()
  data!: Record<string, unknown>;
}

export class MessageDto {
  @ApiProperty({ example: 'Successfully logged out', description: 'What has happened.' })
  message!: string;
}

export class BearerDto {
  @ApiProperty({ example: 'eyJhbGciOiJIUzI1NiIs…', description: 'The token that came with the request.' })
  access_token!: string;

  @ApiProperty({ enum: ['bearer'], example: 'bearer', description: 'How it is sent.' })
  token_type!: 'bearer';
}

export class SessionDto {
  @ApiProperty({ type: AuthUserDto, description: 'Whose session it is.' })
  user!: AuthUserDto;

  @ApiProperty({ type: BearerDto, description: 'The session.' })
  session!: BearerDto;
}

export class EnvelopedSessionDto {
  @ApiProperty({ type: EnvelopedAuthUserDto, description: 'Whose session it is.' })
  user!: EnvelopedAuthUserDto;

  @ApiProperty({ type: BearerDto, description: 'The session.' })
  session!: BearerDto;
}
