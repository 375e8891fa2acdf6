import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { mustBeBucketName } from '../buckets/bucket.names.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import { objectRepository } from './object.repository.ts';
import type { StoredObject } from './object.types.ts';

/** Removing objects: the row goes first, in the caller's role; a file without a row is swept at the next start at the latest. */
export class RemovalService {
  readonly #database: StorageDatabase;
  readonly #files: FileStore;

  constructor(database: StorageDatabase, files: FileStore) {
    this.#database = database;
    this.#files = files;
  }

  /** @throws StorageError NoSuchKey when there is none or the caller may not delete it */
  async removeOne(scope: RequestScope, bucketId: string, name: string): Promise<void> {
    const removed = await this.removeMany(scope, bucketId, [name]);
    if (removed.length === 0) throw STORAGE_ERRORS.noSuchKey();
  }

  /** @returns those that were there and that the caller may delete */
  async removeMany(scope: RequestScope, bucketId: string, names: string[]): Promise<StoredObject[]> {
    mustBeBucketName(bucketId);
    const removed = await this.#database.asCaller(scope, (client) =>
      objectRepository.remove(client, bucketId, names),
    );
    await this.#files.remove(removed.map(({ version }) => version));
    return removed;
  }

  /** @returns names of those that are still there, because the caller may not delete them */
  async removeAll(scope: RequestScope, bucketId: string, names: string[]): Promise<Set<string>> {
    const gone = new Set((await this.removeMany(scope, bucketId, names)).map(({ name }) => name));
    const rest = names.filter((name) => !gone.has(name));
    if (rest.length === 0) return new Set();
    return this.#database.asService(scope, (client) => objectRepository.visibleNames(client, bucketId, rest));
  }
}
