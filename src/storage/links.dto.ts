import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { OBJECT_PATH } from '../supabase/storage-names.js';
import { MOST_PATHS } from './objects.dto.js';

const PATH = '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11/picture.png';
const URL = `https://abc.supabase.co/storage/v1/object/sign/user-files/${PATH}?token=eyJ...`;

/** What to sign: `path` for one object, or `paths` for several. */
export class SigningDto {
  @ApiProperty({
    ...OBJECT_PATH,
    required: false,
    description: 'One object.',
    example: PATH,
  })
  @ValidateIf(({ path, paths }: SigningDto) => path !== undefined || paths === undefined)
  @IsString({ message: 'path or paths must be given' })
  @MinLength(1)
  @MaxLength(OBJECT_PATH.maxLength)
  path?: string;

  @ApiProperty({
    required: false,
    type: 'array',
    items: OBJECT_PATH,
    minItems: 1,
    maxItems: MOST_PATHS,
    description: 'Several, instead of `path`; then the answer is a list.',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_PATHS)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(OBJECT_PATH.maxLength, { each: true })
  paths?: string[];

  @ApiProperty({
    type: 'integer',
    required: false,
    minimum: 1,
    maximum: 31_536_000,
    default: 60,
    description: 'How long it is good for, in seconds.',
    example: 60,
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(31_536_000)
  expires_in = 60;
}

/** A URL by which anybody may read an object for a while. */
export class SignedUrlDto {
  @ApiProperty({ example: PATH })
  path!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Absolute. null, in a list, for a path that cannot be signed.',
    example: URL,
  })
  signed_url!: string | null;

  @ApiProperty({
    type: String,
    required: false,
    description: 'Why there is none.',
    example: 'Either the object does not exist or you do not have access to it',
  })
  error?: string;
}

/** What is to be uploaded by a signed URL. */
export class UploadSigningDto {
  @ApiProperty({ ...OBJECT_PATH, example: PATH })
  @IsString()
  @MinLength(1)
  @MaxLength(OBJECT_PATH.maxLength)
  path!: string;
}

/** A URL by which anybody may upload one object: `PUT` with the file as the body. */
export class SignedUploadUrlDto {
  @ApiProperty({ example: PATH })
  path!: string;

  @ApiProperty({ description: 'As in the URL.', example: 'eyJ...' })
  token!: string;

  @ApiProperty({ description: 'Absolute.', example: URL.replace('/sign/', '/upload/sign/') })
  signed_url!: string;
}

/** Where anybody reads an object of a public bucket. */
export class PublicUrlDto {
  @ApiProperty({ example: 'https://abc.supabase.co/storage/v1/object/public/pictures/picture.png' })
  public_url!: string;
}
