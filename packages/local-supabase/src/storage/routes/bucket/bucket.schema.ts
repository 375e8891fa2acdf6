/** What a client may say about a bucket, on creating and on changing it. */
export const BUCKET_WISHES = {
  public: { type: 'boolean' },
  file_size_limit: {
    anyOf: [
      { type: 'integer', nullable: true, minimum: 0 },
      { type: 'string', nullable: true },
    ],
  },
  allowed_mime_types: { type: 'array', nullable: true, items: { type: 'string' } },
} as const;

export interface BucketWishesBody {
  public?: boolean;
  file_size_limit?: number | string | null;
  allowed_mime_types?: string[] | null;
}

export interface BucketParams {
  bucketId: string;
}
