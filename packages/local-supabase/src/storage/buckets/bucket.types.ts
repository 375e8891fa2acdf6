/** A row of `storage.buckets`, as clients see it. */
export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly public: boolean;
  /** In bytes; null for the general limit. */
  readonly file_size_limit: number | null;
  /** Null when every type is allowed. */
  readonly allowed_mime_types: string[] | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface TypedBucket extends Bucket {
  /** `STANDARD`, unless made otherwise in SQL. */
  readonly type: string;
}

/** What an upload must respect. */
export type BucketLimits = Pick<Bucket, 'id' | 'public' | 'file_size_limit' | 'allowed_mime_types'>;

/** Fields of a bucket that may change; undefined leaves one as it is. */
export interface BucketChanges {
  readonly public?: boolean | undefined;
  readonly file_size_limit?: number | null | undefined;
  readonly allowed_mime_types?: string[] | null | undefined;
}

export interface NewBucket extends BucketChanges {
  readonly id: string;
  readonly name: string;
  readonly owner: string | undefined;
}

export interface BucketPage {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly sortColumn?: 'id' | 'name' | 'created_at' | 'updated_at' | undefined;
  readonly sortOrder?: 'asc' | 'desc' | undefined;
  /** Part of the name, any case. */
  readonly search?: string | undefined;
}
