import { ApiProperty } from '@nestjs/swagger';
import {
  Allow,
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';

/** As Supabase takes it; `.` and `..` are no names. */
const BUCKET_NAME = /^(?!\.{1,2}$)[\w!\-.*'() &$@=;:+,?]{1,100}$/;
const MIME_TYPE = /^[\w.+*-]+\/[\w.+*-]+$/;

const LIMIT = {
  type: 'integer',
  nullable: true,
  minimum: 1,
  description: 'The largest file, in bytes; null where only the limit of the project holds.',
  example: 10_485_760,
} as const;

const TYPES = {
  type: 'array' as const,
  items: { type: 'string' as const },
  nullable: true,
  description: 'The types its files may have, `image/*` for a family; null for all.',
  example: ['image/jpeg', 'image/png'],
};

const PUBLIC = { description: 'Whether anybody may read its files by their public URL.', example: false };

/** A bucket as Supabase Storage describes it. */
export class BucketDto {
  @ApiProperty({ example: 'user-files' })
  id!: string;

  @ApiProperty({
    description: 'The same as the id, unless somebody made it otherwise.',
    example: 'user-files',
  })
  name!: string;

  @ApiProperty(PUBLIC)
  public!: boolean;

  @ApiProperty({ ...LIMIT, minimum: 0 })
  file_size_limit!: number | null;

  @ApiProperty(TYPES)
  allowed_mime_types!: string[] | null;

  @ApiProperty({ description: 'When it was made.', example: '2026-01-01T00:00:00.000Z' })
  created_at!: string;

  @ApiProperty({ description: 'When it changed last.', example: '2026-01-01T00:00:00.000Z' })
  updated_at!: string;
}

/** What may be changed of a bucket; what is not named stays. */
export class BucketChangeDto {
  @ApiProperty({ ...PUBLIC, required: false })
  @MayBeAbsent()
  @IsBoolean()
  public?: boolean;

  @ApiProperty({ ...LIMIT, required: false })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  file_size_limit?: number | null;

  @ApiProperty({ ...TYPES, required: false })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  @Matches(MIME_TYPE, { each: true, message: 'allowed_mime_types must be media types' })
  allowed_mime_types?: string[] | null;
}

/** A new bucket. */
export class NewBucketDto extends BucketChangeDto {
  @ApiProperty({ maxLength: 100, description: 'Its id and name.', example: 'pictures' })
  @Matches(BUCKET_NAME, { message: 'id must be the name of a bucket' })
  id!: string;

  @ApiProperty({ ...PUBLIC, required: false, default: false })
  @MayBeAbsent()
  @IsBoolean()
  declare public?: boolean;
}

/** A bucket in the path. */
export class BucketParam {
  @ApiProperty({ description: 'The id of a bucket.', example: 'user-files' })
  @Matches(BUCKET_NAME, { message: 'bucket must be the name of a bucket' })
  bucket!: string;
}

/** A bucket in a path that goes on with an object's, which `@ObjectPath()` reads. */
export class BucketOfObjectParam extends BucketParam {
  @Allow()
  '*'?: string;
}
