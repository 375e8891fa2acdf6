import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsIn, IsString, MaxLength, MinLength } from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';
import { PageOffset, PageSize } from '../platform/http/page.decorators.js';
import { OBJECT_PATH } from '../supabase/storage-names.js';
import type { SortColumn } from '../supabase/supabase-storage.types.js';

const COLUMNS = ['name', 'updated_at', 'created_at', 'last_accessed_at'] as const satisfies SortColumn[];
const ORDERS = ['asc', 'desc'] as const;
const FOLDER = '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11';
const TIME = { type: String, nullable: true, example: '2026-01-01T00:00:00.000Z' };

/** As many as one request takes. */
export const MOST_PATHS = 1_000;

/** One entry of a folder. Of a folder in it there is only the name. */
export class FileDto {
  @ApiProperty({ description: 'In its folder; of a deleted one, its whole path.', example: 'picture.png' })
  name!: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'null for a folder.',
    example: '0b7f3f0e-5a0f-4a3b-8f0e-5f5c1f3f7b1a',
  })
  id!: string | null;

  @ApiProperty({ ...TIME, description: 'When it changed last.' })
  updated_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When it was made.' })
  created_at!: string | null;

  @ApiProperty({ ...TIME, description: 'When it was read last.' })
  last_accessed_at!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What Supabase keeps of it: size, type, ETag and the like.',
    example: { size: 1024, mimetype: 'image/png', eTag: '"5d41402abc4b2a76b9719d911017c592"' },
  })
  metadata!: Record<string, unknown> | null;
}

/** Where an object is. */
export class StoredFileDto {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'null where Supabase does not say it.',
    example: '0b7f3f0e-5a0f-4a3b-8f0e-5f5c1f3f7b1a',
  })
  id!: string | null;

  @ApiProperty({ description: 'In its bucket.', example: `${FOLDER}/picture.png` })
  path!: string;

  @ApiProperty({ description: 'With the bucket.', example: `user-files/${FOLDER}/picture.png` })
  full_path!: string;
}

/** Which part of which folder. */
export class ObjectsQuery {
  @ApiProperty({
    type: String,
    required: false,
    maxLength: OBJECT_PATH.maxLength,
    default: '',
    description: 'The folder; without it, the top of the bucket.',
    example: FOLDER,
  })
  @MayBeAbsent()
  @IsString()
  @MaxLength(OBJECT_PATH.maxLength)
  prefix = '';

  @PageSize('Entries a page.')
  limit = 100;

  @PageOffset('Entries to pass over.')
  offset = 0;

  @ApiProperty({ enum: COLUMNS, required: false, default: 'name', example: 'name' })
  @MayBeAbsent()
  @IsIn(COLUMNS)
  sort_by: SortColumn = 'name';

  @ApiProperty({ enum: ORDERS, required: false, default: 'asc', example: 'asc' })
  @MayBeAbsent()
  @IsIn(ORDERS)
  order: (typeof ORDERS)[number] = 'asc';
}

/** Which objects to delete. */
export class DeletedPathsDto {
  @ApiProperty({
    oneOf: [
      OBJECT_PATH,
      {
        type: 'array',
        items: OBJECT_PATH,
        minItems: 1,
        maxItems: MOST_PATHS,
      },
    ],
    description: 'One path, or several.',
    example: [`${FOLDER}/picture.png`],
  })
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value))
  @IsArray({ message: 'paths must be a path or a list of paths' })
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_PATHS)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(OBJECT_PATH.maxLength, { each: true })
  paths!: string[];
}

/** From where to where, in one bucket. */
export class TransportDto {
  @ApiProperty({ ...OBJECT_PATH, example: `${FOLDER}/picture.png` })
  @IsString()
  @MinLength(1)
  @MaxLength(OBJECT_PATH.maxLength)
  source_path!: string;

  @ApiProperty({ ...OBJECT_PATH, example: `${FOLDER}/archive/picture.png` })
  @IsString()
  @MinLength(1)
  @MaxLength(OBJECT_PATH.maxLength)
  destination_path!: string;
}

/** How to upload. */
export class UploadQuery {
  @ApiProperty({
    type: 'boolean',
    required: false,
    default: false,
    description: 'Replaces what is there; without it, that is a conflict.',
    example: true,
  })
  @MayBeAbsent()
  @IsIn(['true', 'false'], { message: 'upsert must be true or false' })
  upsert: 'true' | 'false' = 'false';
}
