/** What is known about an object's bytes: column `metadata`. Keys and shapes are those of storage-api. */
export interface ObjectMetadata {
  /** Quoted, as in the header: `"d41d8c…"` (md5 of the bytes). */
  readonly eTag: string;
  /** In bytes. */
  readonly size: number;
  readonly mimetype: string;
  readonly cacheControl: string;
  /** ISO 8601, UTC. */
  readonly lastModified: string;
  readonly contentLength: number;
  readonly httpStatusCode: number;
  /** How the bytes are encoded (`gzip`), when the uploader said so. */
  readonly contentEncoding?: string;
  /** What the header `X-Robots-Tag` says of it; `none` where the uploader said nothing. */
  readonly xRobotsTag?: string;
}

/** The uploader's own words about an object: column `user_metadata`. */
export type UserMetadata = Readonly<Record<string, unknown>>;

/** A row of `storage.objects`. Rows written by plain SQL may lack version, metadata and file. */
export interface StoredObject {
  readonly id: string;
  readonly name: string;
  readonly bucket_id: string;
  readonly owner: string | null;
  readonly owner_id: string | null;
  /** Names the file that holds the bytes. */
  readonly version: string | null;
  readonly metadata: Partial<ObjectMetadata> | null;
  readonly user_metadata: UserMetadata | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_accessed_at: Date;
}

/** What is written for an object; undefined leaves a column as it is (or null, for a new row). */
export interface ObjectRow {
  readonly bucketId: string;
  readonly name: string;
  readonly owner: string | undefined;
  readonly version: string;
  readonly metadata?: Partial<ObjectMetadata> | undefined;
  readonly userMetadata?: UserMetadata | null | undefined;
}
