import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { ByteRange } from '../../files/file.store.ts';
import { validatorsOf } from '../../http/object.headers.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { UploadName } from '../multipart/multipart.service.ts';
import type { S3Call, S3Operation } from '../s3.operation.ts';
import { copySourceOf, numberParameter } from '../s3.parameters.ts';
import { headerOf, type S3Request } from '../s3.request.ts';
import { mustFitCopy } from './object.conditions.ts';
import { detailsOf, mimeTypeOf } from './put-object.operation.ts';
import { storedObject } from './stored.object.ts';

const MOST_PARTS = 10_000;

export const createMultipartUpload: S3Operation = {
  name: 'storage.s3.upload.create_multipart',
  run: async ({ request, scope, s3, bucket, key }) => {
    const id = await s3.multipart.create(scope, bucket, key, mimeTypeOf(request), detailsOf(request));
    const content = { Bucket: bucket, Key: key, UploadId: id };
    return { xml: { root: 'InitiateMultipartUploadResult', content } };
  },
};

export const uploadPart: S3Operation = {
  name: 'storage.s3.upload.part',
  run: async (call) => {
    const { stream, size } = call.payload;
    if (size === undefined) throw S3_ERRORS.missingContentLength();
    const incoming = { number: partNumberOf(call.request), stream, size };
    const part = await call.s3.multipart.putPart(call.scope, uploadNameOf(call), incoming);
    return { headers: { etag: part.etag } };
  },
};

/** A part from an object that is there, or from a range of it. */
export const uploadPartCopy: S3Operation = {
  name: 'storage.s3.upload.part_copy',
  run: async (call) => {
    const { request, scope, services, s3 } = call;
    const number = partNumberOf(request);
    const from = copySourceOf(request);
    const source = await storedObject(call, from.bucketId, from.name);
    mustFitCopy(request, validatorsOf(source));
    const whole = await services.files.sizeOf(source.version);
    if (whole === undefined) throw STORAGE_ERRORS.noSuchFile();
    const range = copyRangeOf(request, whole);
    const stream = await services.files.read(source.version, range);
    if (!stream) throw STORAGE_ERRORS.noSuchFile();
    const size = range ? range.end - range.start + 1 : whole;
    try {
      const part = await s3.multipart.putPart(scope, uploadNameOf(call), { number, stream, size });
      const content = { ETag: part.etag, LastModified: part.created_at };
      return { xml: { root: 'CopyPartResult', content } };
    } finally {
      stream.destroy();
    }
  },
};

/** 200 where AWS has 204: as storage-api. */
export const abortMultipartUpload: S3Operation = {
  name: 'storage.s3.upload.abort_multipart',
  run: async (call) => {
    await call.s3.multipart.abort(call.scope, uploadNameOf(call));
    return {};
  },
};

/** @throws StorageError InvalidArgument for an id that is missing */
export function uploadNameOf({ request, bucket, key }: S3Call): UploadName {
  const id = request.query.get('uploadId') ?? '';
  if (id === '') throw S3_ERRORS.invalidArgument('This operation needs an uploadId.');
  return { bucketId: bucket, key, id };
}

function partNumberOf(request: S3Request): number {
  const number = numberParameter(request, 'partNumber', { least: 1, most: MOST_PARTS });
  if (number === undefined) throw S3_ERRORS.invalidArgument('This operation needs a partNumber.');
  return number;
}

/** `x-amz-copy-source-range`, which has both ends. @throws StorageError InvalidArgument, InvalidRange */
function copyRangeOf(request: S3Request, size: number): ByteRange | undefined {
  const header = headerOf(request, 'x-amz-copy-source-range');
  if (header === undefined) return undefined;
  const [, start, end] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (start === undefined || end === undefined || Number(start) > Number(end)) {
    throw S3_ERRORS.invalidArgument('x-amz-copy-source-range must be of the form bytes=first-last');
  }
  if (Number(end) >= size) throw STORAGE_ERRORS.invalidRange();
  return { start: Number(start), end: Number(end) };
}
