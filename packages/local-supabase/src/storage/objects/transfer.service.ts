import { randomUUID } from 'node:crypto';
import { mustBeBucketName } from '../buckets/bucket.names.ts';
import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import { mustBeObjectKey } from './object.keys.ts';
import { objectRepository } from './object.repository.ts';
import type { ObjectMetadata, StoredObject, UserMetadata } from './object.types.ts';
import type { UploadService } from './upload.service.ts';

interface Place {
  readonly bucketId: string;
  readonly name: string;
}

export interface CopyOptions {
  readonly upsert: boolean;
  /** Keep the source's metadata, its own words included. */
  readonly copyMetadata: boolean;
  /** Replaces parts of the metadata when it is not copied. */
  readonly metadata?:
    Partial<Pick<ObjectMetadata, 'cacheControl' | 'mimetype' | 'contentEncoding'>> | undefined;
  readonly userMetadata?: UserMetadata | null | undefined;
}

/** Moving and copying objects, within a bucket and between buckets. */
export class TransferService {
  readonly #database: StorageDatabase;
  readonly #uploads: UploadService;
  readonly #files: FileStore;

  constructor(database: StorageDatabase, uploads: UploadService, files: FileStore) {
    this.#database = database;
    this.#uploads = uploads;
    this.#files = files;
  }

  /**
   * Gives an object another name. Only its row changes: the file is named by its version.
   * @throws StorageError NoSuchKey, AccessDenied, KeyAlreadyExists
   */
  async move(scope: RequestScope, from: Place, to: Place): Promise<StoredObject> {
    mustBeObjectKey(to.name);
    mustBeBucketName(to.bucketId);
    const moved = await this.#database.asCaller(scope, async (client) => {
      const source = await objectRepository.find(client, from.bucketId, from.name);
      if (!source) throw STORAGE_ERRORS.noSuchKey();
      return objectRepository.relocate(client, from, { ...to, owner: scope.caller.owner });
    });
    if (!moved) throw STORAGE_ERRORS.noSuchKey();
    return moved;
  }

  /** @throws StorageError NoSuchKey (no such object, or its bytes are missing), AccessDenied, KeyAlreadyExists */
  async copy(scope: RequestScope, from: Place, to: Place, options: CopyOptions): Promise<StoredObject> {
    mustBeObjectKey(to.name);
    mustBeBucketName(to.bucketId);
    const source = await this.#database.asCaller(scope, (client) =>
      objectRepository.find(client, from.bucketId, from.name),
    );
    if (!source) throw STORAGE_ERRORS.noSuchKey();
    const target = { ...to, upsert: options.upsert, owner: scope.caller.owner };
    const metadata = { ...source.metadata, ...(options.copyMetadata ? {} : options.metadata) };
    const userMetadata = (options.copyMetadata ? source.user_metadata : options.userMetadata) ?? null;
    await this.#uploads.authorize(scope, target, { metadata, userMetadata });
    return this.#copyBytes(scope, source.version, target, metadata, userMetadata);
  }

  async #copyBytes(
    scope: RequestScope,
    sourceVersion: string | null,
    target: Place & { upsert: boolean; owner: string | undefined },
    metadata: Partial<ObjectMetadata>,
    userMetadata: UserMetadata | null,
  ): Promise<StoredObject> {
    const size = await this.#files.sizeOf(sourceVersion);
    if (size === undefined || sourceVersion === null) throw STORAGE_ERRORS.noSuchFile();
    return this.#uploads.record(
      scope,
      target,
      {
        place: (version) => this.#files.copy(sourceVersion, version),
        size,
        eTag: metadata.eTag ?? '',
        mimeType: metadata.mimetype ?? 'application/octet-stream',
        details: {
          cacheControl: metadata.cacheControl ?? 'no-cache',
          userMetadata,
          contentEncoding: metadata.contentEncoding,
          xRobotsTag: metadata.xRobotsTag,
        },
      },
      randomUUID(),
    );
  }
}
