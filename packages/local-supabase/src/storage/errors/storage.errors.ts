import { StorageError } from './storage.error.ts';

/**
 * Every refusal of the storage API: codes, statuses and messages are those Supabase's storage-api sends, because clients
 * and their tests compare them.
 */
export const STORAGE_ERRORS = {
  accessDenied: (message = 'Access denied', cause?: unknown): StorageError =>
    new StorageError({ code: 'AccessDenied', error: 'Unauthorized', status: 403, message, cause }),
  rowLevelSecurity: (cause?: unknown): StorageError =>
    STORAGE_ERRORS.accessDenied('new row violates row-level security policy', cause),

  noSuchBucket: (): StorageError =>
    new StorageError({
      code: 'NoSuchBucket',
      error: 'Bucket not found',
      status: 404,
      message: 'Bucket not found',
    }),
  invalidBucketName: (): StorageError =>
    new StorageError({
      code: 'InvalidBucketName',
      error: 'Invalid Input',
      status: 400,
      message: 'Bucket name invalid',
    }),
  bucketExists: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'BucketAlreadyExists',
      error: 'Duplicate',
      status: 409,
      message: 'The resource already exists',
      cause,
    }),
  bucketNotEmpty: (): StorageError =>
    new StorageError({
      code: 'ResourceNotEmpty',
      status: 409,
      message: 'The bucket you tried to delete is not empty',
    }),

  noSuchKey: (): StorageError =>
    new StorageError({ code: 'NoSuchKey', error: 'not_found', status: 404, message: 'Object not found' }),
  /** The row is there, its bytes are not (a row inserted by SQL). */
  noSuchFile: (): StorageError =>
    new StorageError({
      code: 'NoSuchKey',
      error: 'Not found',
      status: 404,
      message: 'The resource was not found',
    }),
  invalidKey: (key: string): StorageError =>
    new StorageError({ code: 'InvalidKey', status: 400, message: `Invalid key: ${key}` }),
  keyExists: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'KeyAlreadyExists',
      error: 'Duplicate',
      status: 409,
      message: 'The resource already exists',
      cause,
    }),

  entityTooLarge: (entity = 'object'): StorageError =>
    new StorageError({
      code: 'EntityTooLarge',
      error: 'Payload too large',
      status: 413,
      message: `The ${entity} exceeded the maximum allowed size`,
    }),
  invalidMimeType: (type: string): StorageError =>
    new StorageError({
      code: 'InvalidMimeType',
      error: 'invalid_mime_type',
      status: 415,
      message: `mime type ${type} is not supported`,
    }),
  invalidRobotsTag: (fault: string): StorageError =>
    new StorageError({
      code: 'InvalidRequest',
      error: 'invalid_x_robots_tag',
      status: 400,
      message: `Invalid X-Robots-Tag header: ${fault}`,
    }),
  invalidFileSizeLimit: (): StorageError =>
    new StorageError({
      code: 'InvalidRequest',
      status: 400,
      message: 'Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B',
    }),
  noContent: (cause?: unknown): StorageError =>
    new StorageError({ code: 'InvalidRequest', status: 400, message: 'No content provided', cause }),
  /** The client went away before the last byte; nobody reads this answer. */
  aborted: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'Aborted',
      status: 500,
      message: 'The upload was interrupted by the client',
      cause,
    }),
  invalidRange: (): StorageError =>
    new StorageError({
      code: 'InvalidRange',
      error: 'invalid_range',
      status: 416,
      message: 'The requested range is not satisfiable',
      wireStatus: 416,
    }),

  invalidToken: (message: string, cause?: unknown): StorageError =>
    new StorageError({ code: 'InvalidJWT', status: 400, message, cause }),
  invalidSignature: (message = 'Invalid signature'): StorageError =>
    new StorageError({ code: 'InvalidSignature', status: 400, message }),
  invalidParameter: (parameter: string, message = `Invalid Parameter ${parameter}`): StorageError =>
    new StorageError({ code: 'InvalidParameter', status: 400, message }),
  metadataRequired: (): StorageError =>
    new StorageError({ code: 'InvalidRequest', status: 400, message: 'Metadata header is required' }),

  imageProcessing: (status: number, message: string, cause?: unknown): StorageError =>
    new StorageError({
      code: status > 499 ? 'InternalError' : 'InvalidRequest',
      status,
      message,
      cause,
    }),
  featureNotEnabled: (feature: string): StorageError =>
    new StorageError({
      code: 'FeatureNotEnabled',
      status: 409,
      message: `The feature ${feature} is not enabled for this resource`,
    }),

  relatedNotFound: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'InvalidRequest',
      status: 404,
      message: 'The related resource does not exist',
      cause,
    }),
  resourceExists: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'ResourceAlreadyExists',
      error: 'Duplicate',
      status: 409,
      message: 'The resource already exists',
      cause,
    }),
  resourceLocked: (cause?: unknown): StorageError =>
    new StorageError({ code: 'ResourceLocked', status: 423, message: 'The resource is locked', cause }),
  databaseTimeout: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'DatabaseTimeout',
      status: 544,
      message: 'The connection to the database timed out',
      wireStatus: 544,
      cause,
    }),
  invalidObjectDefinition: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'DatabaseInvalidObjectDefinition',
      status: 503,
      message: 'The database schema is invalid or incompatible.',
      cause,
    }),
  schemaMismatch: (cause?: unknown): StorageError =>
    new StorageError({
      code: 'DatabaseSchemaMismatch',
      status: 503,
      message: 'The database schema is out of sync. Please run migrations or contact support.',
      cause,
    }),
  database: (code: string, cause?: unknown): StorageError =>
    new StorageError({
      code: 'DatabaseError',
      status: 500,
      message: `database error, code: ${code}`,
      cause,
    }),
  internal: (cause?: unknown): StorageError =>
    new StorageError({ code: 'InternalError', status: 500, message: 'Internal server error', cause }),
};
