import type { ObjectMetadata, UserMetadata } from '../../objects/object.types.ts';

/** A row of `storage.s3_multipart_uploads`: an object that arrives in parts. */
export interface MultipartUpload {
  readonly id: string;
  readonly bucket_id: string;
  readonly key: string;
  readonly user_metadata: UserMetadata | null;
  /** What the object will be, as far as its beginning says so. */
  readonly metadata: Partial<ObjectMetadata> | null;
  readonly created_at: Date;
}

/** A row of `storage.s3_multipart_uploads_parts`; its id names the file. */
export interface UploadedPart {
  readonly id: string;
  readonly part_number: number;
  /** In bytes. */
  readonly size: number;
  /** md5 of the bytes, quoted. */
  readonly etag: string;
  readonly created_at: Date;
}

export interface MultipartQuery {
  readonly bucketId: string;
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Uploads up to this key, and this id where it is not empty, are not listed. */
  readonly afterKey: string;
  readonly afterId: string;
  readonly limit: number;
}

/** An upload, or a common prefix of several keys. */
export interface ListedUpload {
  readonly key: string;
  /** Null for a common prefix. */
  readonly id: string | null;
  readonly created_at: Date | null;
}
