import { mustBeBucketName } from '../buckets/bucket.names.ts';
import { bucketRepository } from '../buckets/bucket.repository.ts';
import type { BucketLimits } from '../buckets/bucket.types.ts';
import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { mustBeObjectKey } from './object.keys.ts';
import { objectRepository } from './object.repository.ts';
import type { StoredObject } from './object.types.ts';

/** Who may read an object: three doors, each with its own rule. */
export class ReadingService {
  readonly #database: StorageDatabase;

  constructor(database: StorageDatabase) {
    this.#database = database;
  }

  /**
   * With a token: what the caller's policies show him, and everything in public buckets.
   * @throws StorageError NoSuchBucket, InvalidKey, NoSuchKey
   */
  async forCaller(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    const { bucket, object } = await this.#openly(scope, bucketId, name);
    if (bucket.public) return found(object);
    if (!scope.caller.authenticated) throw STORAGE_ERRORS.noSuchBucket();
    return found(
      await this.#database.asCaller(scope, (client) => objectRepository.find(client, bucketId, name)),
    );
  }

  /** What the caller's policies show him, in public buckets as in others. @throws StorageError NoSuchKey */
  async forPolicies(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    mustBeBucketName(bucketId);
    return found(
      await this.#database.asCaller(scope, (client) => objectRepository.find(client, bucketId, name)),
    );
  }

  /** Without a token: public buckets only. @throws StorageError NoSuchBucket, InvalidKey, NoSuchKey */
  async forAnyone(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    const { bucket, object } = await this.#openly(scope, bucketId, name);
    if (!bucket.public) throw STORAGE_ERRORS.noSuchBucket();
    return found(object);
  }

  /** With a signed URL, checked before: whoever signed it was allowed. @throws StorageError NoSuchKey */
  async forSigned(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    return found(
      await this.#database.asService(scope, (client) => objectRepository.find(client, bucketId, name)),
    );
  }

  /** The bucket, and the object where the bucket is public: one transaction for the door that is used most. */
  async #openly(
    scope: RequestScope,
    bucketId: string,
    name: string,
  ): Promise<{ bucket: BucketLimits; object: StoredObject | undefined }> {
    mustBeBucketName(bucketId);
    mustBeObjectKey(name);
    return this.#database.asService(scope, async (client) => {
      const bucket = await bucketRepository.limits(client, bucketId);
      if (!bucket) throw STORAGE_ERRORS.noSuchBucket();
      const object = bucket.public ? await objectRepository.find(client, bucketId, name) : undefined;
      return { bucket, object };
    });
  }
}

function found(object: StoredObject | undefined): StoredObject {
  if (!object) throw STORAGE_ERRORS.noSuchKey();
  return object;
}
