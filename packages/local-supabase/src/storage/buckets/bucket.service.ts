import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { StorageError } from '../errors/storage.error.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import { objectRepository } from '../objects/object.repository.ts';
import { mustBeBucketName } from './bucket.names.ts';
import { bucketRepository } from './bucket.repository.ts';
import type { Bucket, BucketLimits, BucketPage, TypedBucket } from './bucket.types.ts';
import { fileSizeInBytes } from './file-size.ts';
import { mustBeMimeTypes } from './mime-types.ts';

/** How many objects are deleted in one step while a bucket is emptied. */
const EMPTYING_STEP = 500;

/** What clients say about a bucket's limits. Undefined leaves one as it is, null lifts it. */
export interface BucketWishes {
  readonly public?: boolean | undefined;
  /** Bytes, or a text such as `10MB`. */
  readonly fileSizeLimit?: number | string | null | undefined;
  readonly allowedMimeTypes?: string[] | null | undefined;
}

/** The rules of buckets. Row-level security decides who may do what; each method runs as the caller. */
export class BucketService {
  readonly #database: StorageDatabase;
  readonly #files: FileStore;
  readonly #fileSizeLimit: number;

  constructor(database: StorageDatabase, files: FileStore, fileSizeLimit: number) {
    this.#database = database;
    this.#files = files;
    this.#fileSizeLimit = fileSizeLimit;
  }

  /** @throws StorageError NoSuchBucket when there is none or the caller may not see it */
  async get(scope: RequestScope, id: string): Promise<Bucket> {
    const bucket = await this.#database.asCaller(scope, (client) => bucketRepository.find(client, id));
    if (!bucket) throw STORAGE_ERRORS.noSuchBucket();
    return bucket;
  }

  list(scope: RequestScope, page: BucketPage): Promise<TypedBucket[]> {
    return this.#database.asCaller(scope, (client) => bucketRepository.list(client, page));
  }

  /** What an upload or a public reader must know about a bucket, whoever asks. Undefined when there is none. */
  limits(scope: RequestScope, id: string): Promise<BucketLimits | undefined> {
    mustBeBucketName(id);
    return this.#database.asService(scope, (client) => bucketRepository.limits(client, id));
  }

  /** @throws StorageError InvalidBucketName, InvalidMimeType, EntityTooLarge (above the general limit), BucketAlreadyExists */
  async create(scope: RequestScope, id: string, name: string, wishes: BucketWishes): Promise<void> {
    mustBeBucketName(id);
    mustBeBucketName(name);
    const bucket = { id, name, owner: scope.caller.owner, ...this.#changesOf(wishes) };
    try {
      await this.#database.asCaller(scope, (client) => bucketRepository.insert(client, bucket));
    } catch (error) {
      if (error instanceof StorageError && error.code === 'ResourceAlreadyExists') {
        throw STORAGE_ERRORS.bucketExists(error);
      }
      throw error;
    }
  }

  /** @throws StorageError NoSuchBucket, and as {@link create} */
  async update(scope: RequestScope, id: string, wishes: BucketWishes): Promise<void> {
    mustBeBucketName(id);
    const changes = this.#changesOf(wishes);
    const found = await this.#database.asCaller(scope, (client) =>
      bucketRepository.update(client, id, changes),
    );
    if (!found) throw STORAGE_ERRORS.noSuchBucket();
  }

  /** @throws StorageError NoSuchBucket, ResourceNotEmpty while it holds any object, seen or not */
  async remove(scope: RequestScope, id: string): Promise<void> {
    await this.#database.asService(scope, async (client) => {
      if (!(await bucketRepository.lock(client, id))) throw STORAGE_ERRORS.noSuchBucket();
      if (await bucketRepository.holdsObjects(client, id)) throw STORAGE_ERRORS.bucketNotEmpty();
    });
    // An object that arrives right here is kept by the foreign key, which refuses the delete.
    const removed = await this.#database
      .asCaller(scope, (client) => bucketRepository.remove(client, id))
      .catch((error: unknown) => {
        const held = error instanceof StorageError && error.status === 404;
        throw held ? STORAGE_ERRORS.bucketNotEmpty() : error;
      });
    if (!removed) throw STORAGE_ERRORS.noSuchBucket();
  }

  /**
   * Deletes every object that the caller sees, in steps.
   * @throws StorageError AccessDenied when he may see but not delete one
   */
  async empty(scope: RequestScope, id: string): Promise<void> {
    await this.get(scope, id);
    for (;;) {
      const removed = await this.#database.asCaller(scope, async (client) => {
        const names = await objectRepository.firstNames(client, id, EMPTYING_STEP);
        const rows = await objectRepository.remove(client, id, names);
        const gone = new Set(rows.map(({ name }) => name));
        const kept = names.filter((name) => !gone.has(name));
        if (kept.length > 0) {
          throw STORAGE_ERRORS.accessDenied(
            `Cannot delete: ${kept.join(' ,')}, you may have SELECT but not DELETE permissions`,
          );
        }
        return rows;
      });
      await this.#files.remove(removed.map(({ version }) => version));
      if (removed.length < EMPTYING_STEP) return;
    }
  }

  #changesOf(wishes: BucketWishes): {
    public: boolean | undefined;
    file_size_limit: number | null | undefined;
    allowed_mime_types: string[] | null | undefined;
  } {
    const types = wishes.allowedMimeTypes?.filter((type) => type !== '') ?? wishes.allowedMimeTypes;
    if (types) mustBeMimeTypes(types);
    const limit = wishes.fileSizeLimit == null ? wishes.fileSizeLimit : fileSizeInBytes(wishes.fileSizeLimit);
    if (typeof limit === 'number' && limit > this.#fileSizeLimit) throw STORAGE_ERRORS.entityTooLarge();
    return { public: wishes.public, file_size_limit: limit, allowed_mime_types: types };
  }
}
