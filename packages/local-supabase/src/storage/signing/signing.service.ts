import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { mustBeBucketName } from '../buckets/bucket.names.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { transformationText, type Transformation } from '../images/transformation.ts';
import { mustBeObjectKey } from '../objects/object.keys.ts';
import { objectRepository } from '../objects/object.repository.ts';
import type { Announced, UploadService, UploadTarget } from '../objects/upload.service.ts';
import type { SignedUrlTokens } from './signed-url.token.ts';

/** Seconds in which a signed upload URL can be used, as at Supabase. */
const UPLOAD_EXPIRES_IN = 7200;

const UNSEEN = 'Either the object does not exist or you do not have access to it';

/** One answer of signing many: an URL, or why there is none. */
export interface SignedPath {
  readonly error: string | null;
  readonly path: string;
  readonly signedURL: string | null;
}

/** URLs that stand for the permission of who made them. */
export class SigningService {
  readonly #database: StorageDatabase;
  readonly #uploads: UploadService;
  readonly #tokens: SignedUrlTokens;
  readonly #transforms: boolean;

  /** @param transforms - whether image transformation is on; without it signed transformations are left out */
  constructor(
    database: StorageDatabase,
    uploads: UploadService,
    tokens: SignedUrlTokens,
    transforms: boolean,
  ) {
    this.#database = database;
    this.#uploads = uploads;
    this.#tokens = tokens;
    this.#transforms = transforms;
  }

  /**
   * @param expiresIn - in seconds
   * @returns path and query, relative to `/storage/v1`
   * @throws StorageError InvalidKey, NoSuchKey when the caller does not see the object
   */
  async signDownload(
    scope: RequestScope,
    bucketId: string,
    name: string,
    expiresIn: number,
    transformation: Transformation,
  ): Promise<string> {
    mustBeObjectKey(name);
    const seen = await this.#visible(scope, bucketId, [name]);
    if (!seen.has(name)) throw STORAGE_ERRORS.noSuchKey();
    const transformations = this.#transforms ? transformationText(transformation) : '';
    const token = await this.#tokens.sign(
      {
        scope: 'download',
        url: `${bucketId}/${name}`,
        ...(transformations !== '' && { transformations }),
        ...(this.#transforms && transformation.format && { format: transformation.format }),
      },
      expiresIn,
    );
    return signedUrl(transformations === '' ? 'object/sign' : 'render/image/sign', bucketId, name, token);
  }

  /** Signs what the caller sees, and says for each other path that there is nothing to sign. */
  async signDownloads(
    scope: RequestScope,
    bucketId: string,
    names: string[],
    expiresIn: number,
  ): Promise<SignedPath[]> {
    const seen = await this.#visible(scope, bucketId, names);
    return Promise.all(
      names.map(async (path) => {
        if (!seen.has(path)) return { error: UNSEEN, path, signedURL: null };
        const token = await this.#tokens.sign({ scope: 'download', url: `${bucketId}/${path}` }, expiresIn);
        return { error: null, path, signedURL: signedUrl('object/sign', bucketId, path, token) };
      }),
    );
  }

  /** @throws StorageError NoSuchBucket, InvalidKey, AccessDenied, KeyAlreadyExists (without `upsert`) */
  async signUpload(
    scope: RequestScope,
    target: UploadTarget,
    announced: Announced,
  ): Promise<{ url: string; token: string }> {
    await this.#uploads.limitsOf(scope, target);
    await this.#uploads.authorize(scope, target, announced);
    const token = await this.#tokens.sign(
      {
        scope: 'upload',
        url: `${target.bucketId}/${target.name}`,
        upsert: target.upsert,
        ...(target.owner !== undefined && { owner: target.owner }),
      },
      UPLOAD_EXPIRES_IN,
    );
    return { url: signedUrl('object/upload/sign', target.bucketId, target.name, token), token };
  }

  #visible(scope: RequestScope, bucketId: string, names: string[]): Promise<Set<string>> {
    mustBeBucketName(bucketId);
    return this.#database.asCaller(scope, (client) => objectRepository.visibleNames(client, bucketId, names));
  }
}

/** Clients run `encodeURI` over the answer, so only what that would leave broken is encoded here. */
function signedUrl(door: string, bucketId: string, name: string, token: string): string {
  return `/${door}/${bucketId}/${name.replaceAll('?', '%3F')}?token=${token}`;
}
