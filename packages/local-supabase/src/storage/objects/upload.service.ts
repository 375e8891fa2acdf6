import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BucketService } from '../buckets/bucket.service.ts';
import type { BucketLimits } from '../buckets/bucket.types.ts';
import { mustBeAllowed } from '../buckets/mime-types.ts';
import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { StorageError } from '../errors/storage.error.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import { receive, type ReceivedFile } from '../files/receive.ts';
import { isEmptyFolder, mustBeObjectKey } from './object.keys.ts';
import { objectRepository } from './object.repository.ts';
import type { ObjectMetadata, StoredObject, UserMetadata } from './object.types.ts';

/** Where an upload goes, and whether it may replace what is there. */
export interface UploadTarget {
  readonly bucketId: string;
  readonly name: string;
  readonly upsert: boolean;
  readonly owner: string | undefined;
}

/** What a request says about its bytes. */
export interface FileDetails {
  readonly cacheControl: string;
  /** Null only for the copy of an object that has none. */
  readonly userMetadata: UserMetadata | null;
  readonly contentEncoding?: string | undefined;
  /** What crawlers are told about the object. */
  readonly xRobotsTag?: string | undefined;
}

/** What is known of an object before its bytes: policies see it in the row that they are asked about. */
export interface Announced {
  readonly metadata?: Partial<ObjectMetadata> | undefined;
  readonly userMetadata?: UserMetadata | null | undefined;
}

/** A file on its way in. */
export interface IncomingFile {
  readonly stream: Readable;
  readonly mimeType: string;
  /** In bytes, where the request says so before it sends them. */
  readonly announcedSize?: number | undefined;
  /** In bytes, of all that the request sends: what policies see as `contentLength`, as upstream has it. */
  readonly contentLength?: number | undefined;
  /** As far as it is known before the bytes. */
  readonly userMetadata?: UserMetadata | undefined;
  /** Known once the stream has ended: form fields may follow the file. @throws StorageError EntityTooLarge for metadata */
  readonly details: () => Promise<FileDetails>;
}

/** Bytes that arrived, to be recorded as an object. */
export interface ArrivedFile {
  /** Puts the file in place under this version. */
  readonly place: (version: string) => Promise<void>;
  /** In bytes. */
  readonly size: number;
  readonly eTag: string;
  readonly mimeType: string;
  readonly details: FileDetails;
}

/** How bytes become objects: asked first, received whole, then placed and recorded in one step. */
export class UploadService {
  readonly #database: StorageDatabase;
  readonly #buckets: BucketService;
  readonly #files: FileStore;
  readonly #fileSizeLimit: number;

  constructor(database: StorageDatabase, buckets: BucketService, files: FileStore, fileSizeLimit: number) {
    this.#database = database;
    this.#buckets = buckets;
    this.#files = files;
    this.#fileSizeLimit = fileSizeLimit;
  }

  /**
   * Uploads one file.
   * @param open - finds the file in the request; called after the target is known to exist
   * @throws StorageError InvalidBucketName, InvalidKey, NoSuchBucket, InvalidMimeType, AccessDenied, KeyAlreadyExists,
   * EntityTooLarge; nothing is changed then
   */
  async upload(
    scope: RequestScope,
    target: UploadTarget,
    open: () => Promise<IncomingFile>,
  ): Promise<StoredObject> {
    const limits = await this.limitsOf(scope, target);
    const file = await open();
    try {
      if (!isEmptyFolder(target.name)) mustBeAllowed(file.mimeType, limits.allowed_mime_types);
      const { mimeType: mimetype, contentLength = file.announcedSize, userMetadata } = file;
      await this.authorize(scope, target, {
        metadata: { mimetype, contentLength },
        userMetadata,
      });
      const limit = this.sizeLimit(limits, target.name);
      if ((file.announcedSize ?? 0) > limit) throw STORAGE_ERRORS.entityTooLarge();
      const received = await receive(file.stream, this.#files.incomingPath(), limit);
      return await this.#recordReceived(scope, target, file, received);
    } catch (error) {
      // The rest of the request flows off unread, so that its sender gets to read the answer.
      file.stream.resume();
      throw error;
    }
  }

  async #recordReceived(
    scope: RequestScope,
    target: UploadTarget,
    file: IncomingFile,
    received: ReceivedFile,
  ): Promise<StoredObject> {
    const details = await file.details().catch(async (error: unknown) => {
      await this.#files.discard(received.path);
      throw error;
    });
    const place = (version: string): Promise<void> => this.#files.place(received.path, version);
    return this.record(scope, target, { ...received, place, mimeType: file.mimeType, details });
  }

  /** @throws StorageError InvalidBucketName, InvalidKey, NoSuchBucket */
  async limitsOf(scope: RequestScope, target: { bucketId: string; name: string }): Promise<BucketLimits> {
    mustBeObjectKey(target.name);
    const limits = await this.#buckets.limits(scope, target.bucketId);
    if (!limits) throw STORAGE_ERRORS.noSuchBucket();
    return limits;
  }

  /** Largest file of any bucket, in bytes. */
  get largest(): number {
    return this.#fileSizeLimit;
  }

  /** Largest file of a bucket, in bytes. */
  sizeLimit(limits: BucketLimits, name: string): number {
    if (isEmptyFolder(name)) return 0;
    return Math.min(limits.file_size_limit ?? this.#fileSizeLimit, this.#fileSizeLimit);
  }

  /** Asks the caller's policies, by doing it and undoing it. @throws StorageError AccessDenied, KeyAlreadyExists */
  async authorize(scope: RequestScope, target: UploadTarget, announced: Announced = {}): Promise<void> {
    const row = { ...target, ...announced, version: randomUUID() };
    await this.#database
      .probe(scope, async (client) => {
        if (target.upsert) await objectRepository.upsert(client, row);
        else await objectRepository.insert(client, row);
      })
      .catch(refuseDuplicate);
  }

  /**
   * Places the file and writes its row. Of several uploads to one name, each is whole and the last one stays; without
   * `upsert` the first one stays and the others are refused.
   * @throws StorageError KeyAlreadyExists
   */
  async record(
    scope: RequestScope,
    target: UploadTarget,
    file: ArrivedFile,
    version = randomUUID() as string,
  ): Promise<StoredObject> {
    const row = {
      ...target,
      version,
      metadata: metadataOf(file),
      userMetadata: file.details.userMetadata,
    };
    await file.place(version);
    try {
      const { previous, object } = await this.#database.asService(scope, async (client) => {
        await objectRepository.lockName(client, target.bucketId, target.name);
        const existing = await objectRepository.find(client, target.bucketId, target.name);
        if (existing && !target.upsert) throw STORAGE_ERRORS.keyExists();
        return { previous: existing?.version ?? null, object: await objectRepository.upsert(client, row) };
      });
      if (previous !== version) await this.#files.remove([previous]);
      return object;
    } catch (error) {
      await this.#files.remove([version]);
      throw error;
    }
  }
}

function metadataOf(file: ArrivedFile): ObjectMetadata {
  return {
    eTag: file.eTag,
    size: file.size,
    mimetype: file.mimeType,
    cacheControl: file.details.cacheControl,
    lastModified: new Date().toISOString(),
    contentLength: file.size,
    httpStatusCode: 200,
    ...(file.details.contentEncoding && { contentEncoding: file.details.contentEncoding }),
    ...(file.details.xRobotsTag && { xRobotsTag: file.details.xRobotsTag }),
  };
}

function refuseDuplicate(error: unknown): never {
  const duplicate = error instanceof StorageError && error.code === 'ResourceAlreadyExists';
  throw duplicate ? STORAGE_ERRORS.keyExists(error) : error;
}
