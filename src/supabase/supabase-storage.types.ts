import type { Readable } from 'node:stream';

/** Who asks. Without a token, Supabase answers as it answers anybody. */
export interface StorageCaller {
  /** The user's access token of Supabase; row-level security holds for them. */
  authToken?: string | undefined;
  /** The caller's address; it goes along with a token. */
  address?: string | undefined;
}

/** A bucket as Supabase describes it. */
export interface SupabaseBucket {
  id: string;
  name: string;
  public: boolean;
  /** In bytes; null where only the project's own limit holds. */
  file_size_limit: number | null;
  /** null where all types are allowed. */
  allowed_mime_types: string[] | null;
  created_at: string;
  updated_at: string;
}

/** What can be said about a bucket. */
export interface BucketSettings {
  /** Anybody may read its objects by their public URL. */
  public?: boolean | undefined;
  /** In bytes; null for no limit of its own. */
  fileSizeLimit?: number | null | undefined;
  /** `image/png`, `image/*`; null for all. */
  allowedMimeTypes?: string[] | null | undefined;
}

/** One entry of a folder: an object, or a folder in it, of which there is only the name. */
export interface SupabaseFile {
  name: string;
  id: string | null;
  updated_at: string | null;
  created_at: string | null;
  last_accessed_at: string | null;
  /** Size, type and ETag, as Supabase keeps them. */
  metadata: Record<string, unknown> | null;
}

/** Where an object is. */
export interface StoredFile {
  id: string | null;
  /** In its bucket. */
  path: string;
  /** `<bucket>/<path>`. */
  fullPath: string;
}

export interface SignedUrl {
  path: string;
  /** Absolute; null where there is no such object. */
  signedUrl: string | null;
  /** Why there is none. */
  error: string | null;
}

export interface SignedUploadUrl {
  path: string;
  token: string;
  /** Absolute. */
  signedUrl: string;
}

/** What an upload is made of. */
export type FileData = Uint8Array | Readable;

/** The columns by which a folder can be sorted. */
export type SortColumn = 'name' | 'updated_at' | 'created_at' | 'last_accessed_at';

export interface SortBy {
  column: SortColumn;
  order: 'asc' | 'desc';
}

/** Conditions of a download, as HTTP has them. */
export type DownloadConditions = Readonly<
  Partial<Record<'range' | 'if-range' | 'if-none-match' | 'if-modified-since', string>>
>;

/** A file on its way. */
export interface Download {
  /** 200, 206 for a range, 304 when the condition holds. */
  status: 200 | 206 | 304;
  /** What describes the bytes: type, length, ETag and the like, in lower case. */
  headers: Record<string, string>;
  /** Has to be read or destroyed. */
  stream: Readable;
}

/** A bucket, and who asks about it. */
export type InBucket = { bucketId: string } & StorageCaller;

/** A file in a bucket, and who asks about it. */
export type OfFile = { path: string } & InBucket;
