import type { StoredObject } from '../../objects/object.types.ts';
import { StorageError } from '../../errors/storage.error.ts';
import type { S3Call } from '../s3.operation.ts';
import { mustExist } from './existing.bucket.ts';

/**
 * An object that the caller may see. Public buckets make no difference: the protocol has no door for everyone.
 * @throws StorageError NoSuchKey, NoSuchBucket
 */
export async function storedObject(
  { services, scope }: S3Call,
  bucketId: string,
  name: string,
): Promise<StoredObject> {
  try {
    return await services.reading.forPolicies(scope, bucketId, name);
  } catch (error) {
    if (error instanceof StorageError && error.code === 'NoSuchKey') {
      await mustExist(services, scope, bucketId);
    }
    throw error;
  }
}
