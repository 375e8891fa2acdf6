import type { ConfigTree } from '../context.ts';

/** Section `[storage]` of `config.toml`, with the Supabase CLI's defaults. */
export interface StorageSettings {
  /** Largest file of any bucket, in bytes. */
  readonly fileSizeLimit: number;
  /** Whether `/render/image` works. */
  readonly imageTransformation: boolean;
  readonly vector: VectorSettings;
  /** Whether `/s3` works: `[storage.s3_protocol]`. */
  readonly s3Protocol: boolean;
  /** Buckets that exist from the start: `[storage.buckets.<name>]`. */
  readonly buckets: readonly BucketSettings[];
}

/** `[storage.vector]`. */
export interface VectorSettings {
  readonly enabled: boolean;
  readonly maxBuckets: number;
  /** In each bucket. */
  readonly maxIndexes: number;
}

export interface BucketSettings {
  readonly name: string;
  readonly public: boolean;
  /** In bytes; the general limit when absent. */
  readonly fileSizeLimit?: number;
  readonly allowedMimeTypes?: string[];
  /** Folder of files to upload at start, relative to `supabase/`. */
  readonly objectsPath?: string;
}

/** A table of the file, before anything in it is checked. */
type Section = Readonly<Record<string, unknown>>;

const DEFAULT_FILE_SIZE_LIMIT = '50MiB';
const UNITS: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Reads the section; throws for a size that is none, so that a typo does not become "no limit". */
export function storageSettings(config: ConfigTree): StorageSettings {
  const section = tree(config.storage);
  return {
    fileSizeLimit: byteSize(section.file_size_limit ?? DEFAULT_FILE_SIZE_LIMIT),
    imageTransformation: tree(section.image_transformation).enabled !== false,
    vector: vectorSettings(tree(section.vector)),
    s3Protocol: tree(section.s3_protocol).enabled !== false,
    buckets: Object.entries(tree(section.buckets)).map(([name, value]) => bucketSettings(name, tree(value))),
  };
}

function vectorSettings({ enabled, max_buckets: buckets, max_indexes: indexes }: Section): VectorSettings {
  return {
    enabled: enabled !== false,
    maxBuckets: typeof buckets === 'number' ? buckets : 10,
    maxIndexes: typeof indexes === 'number' ? indexes : 5,
  };
}

function bucketSettings(name: string, section: Section): BucketSettings {
  const limit = section.file_size_limit;
  const types = section.allowed_mime_types;
  const folder = section.objects_path;
  return {
    name,
    public: section.public === true,
    ...(limit !== undefined && { fileSizeLimit: byteSize(limit) }),
    ...(Array.isArray(types) && { allowedMimeTypes: types.map(String) }),
    ...(typeof folder === 'string' && folder !== '' && { objectsPath: folder }),
  };
}

/** Sizes of the Supabase CLI: units are binary whether written `MB` or `MiB`. */
function byteSize(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  const match =
    typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(value.trim()) : null;
  if (match?.[1] === undefined) throw new Error(`config.toml: ${JSON.stringify(value)} is not a file size`);
  return Math.floor(Number(match[1]) * (UNITS[(match[2] ?? '').toLowerCase()] ?? 1));
}

function tree(value: unknown): Section {
  const isTable =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isTable ? (value as Section) : {};
}
