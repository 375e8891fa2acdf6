import type { S3Operation } from '../s3.operation.ts';
import { encodingOfNames, numberParameter } from '../s3.parameters.ts';
import { mustExist } from './existing.bucket.ts';
import { uploadNameOf } from './multipart.operations.ts';

const MOST = 1000;

export const listParts: S3Operation = {
  name: 'storage.s3.upload.list_parts',
  run: async (call) => {
    const { request, scope, s3, bucket, key } = call;
    const name = uploadNameOf(call);
    const after = numberParameter(request, 'part-number-marker') ?? 0;
    const limit = Math.min(numberParameter(request, 'max-parts') ?? MOST, MOST);
    const found = await s3.multipart.parts(scope, name, after, limit + 1);
    const shown = found.slice(0, limit);
    const isTruncated = found.length > limit;
    return {
      xml: {
        root: 'ListPartsResult',
        content: {
          Bucket: bucket,
          Key: key,
          UploadId: name.id,
          StorageClass: 'STANDARD',
          PartNumberMarker: after,
          NextPartNumberMarker: isTruncated ? shown.at(-1)?.part_number : undefined,
          MaxParts: limit,
          IsTruncated: isTruncated,
          Part: shown.map((part) => ({
            PartNumber: part.part_number,
            LastModified: part.created_at,
            ETag: part.etag,
            Size: part.size,
          })),
        },
      },
    };
  },
};

export const listMultipartUploads: S3Operation = {
  name: 'storage.s3.upload.list_multipart',
  run: async ({ request, scope, services, s3, bucket }) => {
    const { query } = request;
    const { type, encode } = encodingOfNames(request);
    const limit = numberParameter(request, 'max-uploads', { least: 1, most: MOST }) ?? MOST;
    const asked = {
      prefix: query.get('prefix') ?? '',
      delimiter: query.get('delimiter') ?? '',
      afterKey: query.get('key-marker') ?? '',
      afterId: query.get('upload-id-marker') ?? '',
    };
    await mustExist(services, scope, bucket);
    const found = await s3.multipart.list(scope, { ...asked, bucketId: bucket, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    return {
      xml: {
        root: 'ListMultipartUploadsResult',
        content: {
          Bucket: bucket,
          KeyMarker: encode(asked.afterKey),
          UploadIdMarker: asked.afterId,
          NextKeyMarker: last && encode(last.key),
          NextUploadIdMarker: last && (last.id ?? ''),
          Prefix: encode(asked.prefix),
          Delimiter: asked.delimiter === '' ? undefined : encode(asked.delimiter),
          EncodingType: type,
          MaxUploads: limit,
          IsTruncated: last !== undefined,
          Upload: shown
            .filter(({ id }) => id !== null)
            .map(({ key, id, created_at: initiated }) => ({
              Key: encode(key),
              UploadId: id ?? '',
              StorageClass: 'STANDARD',
              Initiated: initiated ?? undefined,
            })),
          CommonPrefixes: shown.filter(({ id }) => id === null).map(({ key }) => ({ Prefix: encode(key) })),
        },
      },
    };
  },
};
