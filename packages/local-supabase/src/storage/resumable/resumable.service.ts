import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Upload } from '@tus/server';
import { mustBeBucketName } from '../buckets/bucket.names.ts';
import { mustBeAllowed } from '../buckets/mime-types.ts';
import type { RequestScope } from '../database/caller.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import { eTagOf } from '../files/receive.ts';
import { readUserMetadata } from '../http/incoming.file.ts';
import { mustBeObjectKey } from '../objects/object.keys.ts';
import type { UploadService, UploadTarget } from '../objects/upload.service.ts';

/** What a client says about its upload, in `Upload-Metadata`. */
export type UploadMetadata = Record<string, string | null>;

/** In whose name a request of the upload protocol acts. */
export interface ResumableCaller {
  readonly scope: RequestScope;
  readonly owner: string | undefined;
  readonly upsert: boolean;
}

/** The rules of uploads that arrive in steps; the protocol itself is the library's. */
export class ResumableService {
  readonly #uploads: UploadService;
  readonly #files: FileStore;

  constructor(uploads: UploadService, files: FileStore) {
    this.#uploads = uploads;
    this.#files = files;
  }

  /**
   * The name of a new upload: the version that its object will have.
   * @throws StorageError InvalidRequest, InvalidBucketName, InvalidKey
   */
  nameOf(metadata: UploadMetadata | undefined): string {
    if (metadata === undefined) throw STORAGE_ERRORS.metadataRequired();
    mustBeBucketName(metadata.bucketName ?? '');
    mustBeObjectKey(metadata.objectName ?? '');
    return randomUUID();
  }

  /** Where the bytes are going. */
  targetOf(metadata: UploadMetadata, caller: ResumableCaller): UploadTarget {
    return {
      bucketId: metadata.bucketName ?? '',
      name: metadata.objectName ?? '',
      upsert: caller.upsert,
      owner: caller.owner,
    };
  }

  /** Of any bucket's uploads, in bytes. */
  get largest(): number {
    return this.#uploads.largest;
  }

  /** In bytes. @throws StorageError NoSuchBucket */
  async maxSize(metadata: UploadMetadata, caller: ResumableCaller): Promise<number> {
    const target = this.targetOf(metadata, caller);
    return this.#uploads.sizeLimit(await this.#uploads.limitsOf(caller.scope, target), target.name);
  }

  /** Asks the caller's policies, on each step. @param size - of the whole, in bytes, where it is known. @throws StorageError AccessDenied, KeyAlreadyExists */
  authorize(metadata: UploadMetadata, size: number | undefined, caller: ResumableCaller): Promise<void> {
    return this.#uploads.authorize(caller.scope, this.targetOf(metadata, caller), {
      metadata: { mimetype: metadata.contentType ?? undefined, contentLength: size },
      userMetadata: metadata.metadata == null ? undefined : readUserMetadata(metadata.metadata),
    });
  }

  /** The metadata to keep. @throws StorageError NoSuchBucket, InvalidMimeType */
  async accept(metadata: UploadMetadata, caller: ResumableCaller): Promise<UploadMetadata> {
    const limits = await this.#uploads.limitsOf(caller.scope, this.targetOf(metadata, caller));
    mustBeAllowed(metadata.contentType ?? 'application/octet-stream', limits.allowed_mime_types);
    const seconds = metadata.cacheControl ?? '';
    return { ...metadata, cacheControl: /^\d+$/.test(seconds) ? `max-age=${seconds}` : 'no-cache' };
  }

  /** Turns a complete upload into an object; a second call for the same upload changes nothing. */
  async finish(upload: Upload, caller: ResumableCaller): Promise<void> {
    if ((await this.#files.sizeOf(upload.id)) !== undefined) return;
    const metadata = upload.metadata ?? {};
    const path = join(this.#files.resumableFolder, upload.id);
    await this.#uploads.record(
      caller.scope,
      this.targetOf(metadata, caller),
      {
        place: (version) => this.#files.place(path, version),
        size: upload.size ?? upload.offset,
        eTag: await eTagOf(path),
        mimeType: metadata.contentType ?? 'application/octet-stream',
        details: {
          cacheControl: metadata.cacheControl ?? 'no-cache',
          userMetadata: readUserMetadata(metadata.metadata ?? ''),
        },
      },
      upload.id,
    );
  }
}
