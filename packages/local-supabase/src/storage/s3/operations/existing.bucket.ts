import type { BucketLimits } from '../../buckets/bucket.types.ts';
import type { RequestScope } from '../../database/caller.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { StorageServices } from '../../storage.services.ts';

/** The bucket, whoever asks: that there is none is no secret. @throws StorageError NoSuchBucket, InvalidBucketName */
export async function mustExist(
  { buckets }: StorageServices,
  scope: RequestScope,
  bucketId: string,
): Promise<BucketLimits> {
  const limits = await buckets.limits(scope, bucketId);
  if (!limits) throw STORAGE_ERRORS.noSuchBucket();
  return limits;
}
