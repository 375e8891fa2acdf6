import { StorageError } from '../errors/storage.error.ts';

/** Codes and statuses of storage-api's vector routes, which send the status that fits. */
export const VECTOR_ERRORS = {
  notFound: (name: string): StorageError =>
    new StorageError({ code: 'NotFoundException', status: 404, message: `resource "${name}" not found` }),
  exists: (kind: 'vector bucket' | 'vector index', name: string, cause?: unknown): StorageError =>
    new StorageError({
      code: 'ConflictException',
      status: 409,
      message: `${kind} "${name}" already exists`,
      cause,
    }),
  bucketNotEmpty: (name: string): StorageError =>
    new StorageError({
      code: 'VectorBucketNotEmpty',
      status: 400,
      message: `vector bucket "${name}" is not empty`,
    }),
  tooMany: (kind: 'Buckets' | 'Indexes', most: number): StorageError =>
    new StorageError({
      code: `S3VectorMax${kind}Exceeded`,
      status: 400,
      message: `Maximum number of ${kind.toLowerCase()} exceeded. Max allowed is ${most}.`,
    }),
} as const;
