import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { mustBeAllowed } from '../../buckets/mime-types.ts';
import type { RequestScope } from '../../database/caller.ts';
import type { StorageDatabase } from '../../database/storage.database.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { FileStore } from '../../files/file.store.ts';
import { receive } from '../../files/receive.ts';
import type { StoredObject } from '../../objects/object.types.ts';
import type { FileDetails, UploadService, UploadTarget } from '../../objects/upload.service.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import { chosenParts, joinedETag, type NamedPart } from './completion.ts';
import { multipartRepository } from './multipart.repository.ts';
import type { ListedUpload, MultipartQuery, MultipartUpload, UploadedPart } from './multipart.types.ts';
import type { Onlooker, PartStore } from './part.store.ts';

/** Which upload is meant: the id alone would do, but must not open the upload of another key. */
export interface UploadName {
  readonly bucketId: string;
  readonly key: string;
  readonly id: string;
}

/** Bytes of a part, and how many the sender announces. */
export interface IncomingPart {
  readonly number: number;
  readonly stream: Readable;
  readonly size: number;
}

/** Objects that arrive in parts. Each step asks the caller's policies whether he may upload the object. */
export class MultipartService {
  readonly #database: StorageDatabase;
  readonly #uploads: UploadService;
  readonly #files: FileStore;
  readonly #parts: PartStore;

  constructor(database: StorageDatabase, uploads: UploadService, files: FileStore, parts: PartStore) {
    this.#database = database;
    this.#uploads = uploads;
    this.#files = files;
    this.#parts = parts;
  }

  /** @returns the id. @throws StorageError InvalidKey, NoSuchBucket, InvalidMimeType, AccessDenied */
  async create(
    scope: RequestScope,
    bucketId: string,
    key: string,
    mimetype: string,
    details: FileDetails,
  ): Promise<string> {
    const target = targetOf(scope, bucketId, key);
    const limits = await this.#uploads.limitsOf(scope, target);
    mustBeAllowed(mimetype, limits.allowed_mime_types);
    const { userMetadata, ...metadata } = details;
    await this.#uploads.authorize(scope, target, { metadata: { ...metadata, mimetype }, userMetadata });
    const upload = {
      id: randomUUID(),
      bucket_id: bucketId,
      key,
      owner: scope.caller.owner,
      user_metadata: userMetadata,
      metadata: { ...metadata, mimetype },
    };
    await this.#database.asService(scope, (client) => multipartRepository.insert(client, upload));
    return upload.id;
  }

  /**
   * Keeps a part, in place of one of the same number.
   * @throws StorageError NoSuchUpload, AccessDenied, EntityTooLarge where the object would pass its bucket's limit
   */
  async putPart(scope: RequestScope, name: UploadName, incoming: IncomingPart): Promise<UploadedPart> {
    const { upload, target } = await this.#open(scope, name);
    const limit = this.#uploads.sizeLimit(await this.#uploads.limitsOf(scope, target), target.name);
    const others = (await this.#all(scope, name.id)).filter((part) => part.part_number !== incoming.number);
    const room = limit - sizeOf(others);
    if (incoming.size > room) throw STORAGE_ERRORS.entityTooLarge();
    const received = await receive(incoming.stream, this.#files.incomingPath(), room);
    const part = {
      id: randomUUID() as string,
      part_number: incoming.number,
      size: received.size,
      etag: received.eTag,
      owner: scope.caller.owner,
    };
    try {
      await this.#parts.place(received.path, part.id);
      const replaced = await this.#database.asService(scope, async (client) => {
        if (!(await multipartRepository.lock(client, name.id))) throw S3_ERRORS.noSuchUpload();
        const ids = await multipartRepository.putPart(client, upload, part);
        // Parts that arrive at the same time have not seen each other above.
        if ((await multipartRepository.count(client, name.id)) > limit) throw STORAGE_ERRORS.entityTooLarge();
        return ids;
      });
      await this.#parts.remove(replaced);
    } catch (error) {
      await this.#files.discard(received.path);
      await this.#parts.remove([part.id]);
      throw error;
    }
    return { ...part, created_at: new Date() };
  }

  /**
   * Makes the object of its parts. What fails may be tried again: parts stay until the object is there.
   * @param named - none for all parts
   * @param see - is shown the object's bytes, and may refuse them
   * @throws StorageError NoSuchUpload, AccessDenied, InvalidPart, InvalidPartOrder, EntityTooLarge
   */
  async complete(
    scope: RequestScope,
    name: UploadName,
    named: readonly NamedPart[],
    see: Onlooker,
  ): Promise<StoredObject> {
    const { upload, target } = await this.#open(scope, name);
    const all = await this.#all(scope, name.id);
    const parts = chosenParts(all, named);
    const size = sizeOf(parts);
    const limits = await this.#uploads.limitsOf(scope, target);
    if (size > this.#uploads.sizeLimit(limits, target.name)) throw STORAGE_ERRORS.entityTooLarge();
    const path = this.#files.incomingPath();
    await this.#parts.join(
      parts.map(({ id }) => id),
      path,
      see,
    );
    const { mimetype = '', cacheControl = 'no-cache', contentEncoding } = upload.metadata ?? {};
    const object = await this.#uploads.record(scope, target, {
      place: (version) => this.#files.place(path, version),
      size,
      eTag: joinedETag(parts),
      mimeType: mimetype,
      details: { cacheControl, contentEncoding, userMetadata: upload.user_metadata ?? {} },
    });
    await this.#forget(scope, name.id);
    return object;
  }

  /** @throws StorageError NoSuchUpload, AccessDenied */
  async abort(scope: RequestScope, name: UploadName): Promise<void> {
    await this.#open(scope, name);
    if (!(await this.#forget(scope, name.id))) throw S3_ERRORS.noSuchUpload();
  }

  /** Parts that the caller may see, after a number. @throws StorageError NoSuchUpload */
  async parts(scope: RequestScope, name: UploadName, after: number, limit: number): Promise<UploadedPart[]> {
    await this.#find(scope, name);
    return this.#database.asCaller(scope, (client) =>
      multipartRepository.parts(client, name.id, after, limit),
    );
  }

  /** Uploads that the caller may see. */
  list(scope: RequestScope, query: MultipartQuery): Promise<ListedUpload[]> {
    return this.#database.asCaller(scope, (client) => multipartRepository.page(client, query));
  }

  async #open(
    scope: RequestScope,
    name: UploadName,
  ): Promise<{ upload: MultipartUpload; target: UploadTarget }> {
    const upload = await this.#find(scope, name);
    const target = targetOf(scope, name.bucketId, name.key);
    const { metadata, user_metadata: userMetadata } = upload;
    await this.#uploads.authorize(scope, target, { metadata: metadata ?? undefined, userMetadata });
    return { upload, target };
  }

  async #find(scope: RequestScope, { bucketId, key, id }: UploadName): Promise<MultipartUpload> {
    const upload = await this.#database.asService(scope, (client) => multipartRepository.find(client, id));
    if (upload?.bucket_id !== bucketId || upload.key !== key) throw S3_ERRORS.noSuchUpload();
    return upload;
  }

  #all(scope: RequestScope, id: string): Promise<UploadedPart[]> {
    return this.#database.asService(scope, (client) => multipartRepository.parts(client, id));
  }

  /** @returns whether there was such an upload */
  async #forget(scope: RequestScope, id: string): Promise<boolean> {
    const parts = await this.#database.asService(scope, async (client) => {
      if (!(await multipartRepository.lock(client, id))) return undefined;
      const all = await multipartRepository.parts(client, id);
      await multipartRepository.remove(client, id);
      return all;
    });
    await this.#parts.remove((parts ?? []).map((part) => part.id));
    return parts !== undefined;
  }
}

function targetOf(scope: RequestScope, bucketId: string, name: string): UploadTarget {
  return { bucketId, name, upsert: true, owner: scope.caller.owner };
}

function sizeOf(parts: readonly UploadedPart[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}
