import type { BucketService } from '../buckets/bucket.service.ts';
import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { mustBeObjectKey } from './object.keys.ts';
import { objectRepository } from './object.repository.ts';
import type { StoredObject } from './object.types.ts';

/** Who may read an object: three doors, each with its own rule. */
export class ReadingService {
  readonly #database: StorageDatabase;
  readonly #buckets: BucketService;

  constructor(database: StorageDatabase, buckets: BucketService) {
    this.#database = database;
    this.#buckets = buckets;
  }

  /**
   * With a token: what the caller's policies show him, and everything in public buckets.
   * @throws StorageError NoSuchBucket, NoSuchKey
   */
  async forCaller(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    const bucket = await this.#buckets.limits(scope, bucketId);
    if (!bucket || (!scope.caller.authenticated && !bucket.public)) throw STORAGE_ERRORS.noSuchBucket();
    return bucket.public
      ? this.#find('asService', scope, bucketId, name)
      : this.#find('asCaller', scope, bucketId, name);
  }

  /** Without a token: public buckets only. @throws StorageError NoSuchBucket, NoSuchKey */
  async forAnyone(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    const bucket = await this.#buckets.limits(scope, bucketId);
    if (!bucket?.public) throw STORAGE_ERRORS.noSuchBucket();
    return this.#find('asService', scope, bucketId, name);
  }

  /** With a signed URL, checked before: whoever signed it was allowed. @throws StorageError NoSuchKey */
  forSigned(scope: RequestScope, bucketId: string, name: string): Promise<StoredObject> {
    return this.#find('asService', scope, bucketId, name);
  }

  async #find(
    verb: 'asCaller' | 'asService',
    scope: RequestScope,
    bucketId: string,
    name: string,
  ): Promise<StoredObject> {
    mustBeObjectKey(name);
    const object = await this.#database[verb](scope, (client) =>
      objectRepository.find(client, bucketId, name),
    );
    if (!object) throw STORAGE_ERRORS.noSuchKey();
    return object;
  }
}
