import { StorageError } from '../../errors/storage.error.ts';
import { DEFAULT_CACHE_CONTROL, DEFAULT_TYPE, encodingOf } from '../../http/incoming.file.ts';
import type { FileDetails } from '../../objects/upload.service.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { S3Call, S3Operation } from '../s3.operation.ts';
import { userMetadataOf } from '../s3.parameters.ts';
import { headerOf, type S3Request } from '../s3.request.ts';

/** What the Dashboard puts into an empty folder; a key that ends with a slash, and nothing in it, means one. */
const PLACEHOLDER = '.emptyFolderPlaceholder';

/** Replaces what is there, unless `If-None-Match: *` says that nothing may be. */
export const putObject: S3Operation = {
  name: 'storage.s3.upload',
  run: async ({ request, scope, services, bucket, key, payload }: S3Call) => {
    const condition = headerOf(request, 'if-none-match');
    if ((condition ?? '*') !== '*' || request.headers['if-match'] !== undefined) {
      throw S3_ERRORS.notImplemented('An upload has one condition here: If-None-Match: *.');
    }
    const target = {
      bucketId: bucket,
      name: key.endsWith('/') && payload.size === 0 ? key + PLACEHOLDER : key,
      upsert: condition === undefined,
      owner: scope.caller.owner,
    };
    const file = {
      stream: payload.stream,
      mimeType: mimeTypeOf(request),
      announcedSize: payload.size,
      details: () => Promise.resolve(detailsOf(request)),
    };
    const object = await services.uploads
      .upload(scope, target, () => Promise.resolve(file))
      .catch((error: unknown) => {
        const exists = error instanceof StorageError && error.code === 'KeyAlreadyExists';
        throw exists ? S3_ERRORS.preconditionFailed() : error;
      });
    return { headers: { etag: object.metadata?.eTag } };
  },
};

/** What the sender calls it, be it a media type or not. */
export function mimeTypeOf(request: S3Request): string {
  const [type = ''] = request.raw.headersDistinct['content-type'] ?? [];
  return type === '' ? DEFAULT_TYPE : type;
}

/** What a request says about an object besides its bytes. */
export function detailsOf(request: S3Request): FileDetails {
  return {
    cacheControl: headerOf(request, 'cache-control') ?? DEFAULT_CACHE_CONTROL,
    userMetadata: userMetadataOf(request),
    contentEncoding: encodingOf(headerOf(request, 'content-encoding')),
  };
}
