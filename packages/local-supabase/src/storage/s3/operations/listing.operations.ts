import { tokenOf, type S3Page } from '../listing/s3.listing.service.ts';
import type { S3Call, S3Operation } from '../s3.operation.ts';
import { encodingOfNames, numberParameter } from '../s3.parameters.ts';
import type { XmlElements } from '../xml/xml.writer.ts';
import { mustExist } from './existing.bucket.ts';

const MOST_KEYS = 1000;

interface Listed {
  readonly page: S3Page;
  readonly content: XmlElements;
  readonly encode: (text: string) => string;
}

/** By token, or after a key. */
export const listObjectsV2: S3Operation = {
  name: 'storage.s3.object.list',
  run: async (call) => {
    const { query } = call.request;
    const startAfter = query.get('start-after') ?? undefined;
    const token = query.get('continuation-token') ?? undefined;
    const { page, content, encode } = await list(call, startAfter, token);
    return {
      xml: {
        root: 'ListBucketResult',
        content: {
          ...content,
          KeyCount: page.entries.length,
          ContinuationToken: token,
          StartAfter: startAfter === undefined ? undefined : encode(startAfter),
          NextContinuationToken: page.next === undefined ? undefined : tokenOf(page.next),
        },
      },
    };
  },
};

/** The older one: after a marker. */
export const listObjects: S3Operation = {
  name: 'storage.s3.object.list',
  run: async (call) => {
    const marker = call.request.query.get('marker') ?? '';
    const { page, content, encode } = await list(call, marker, undefined);
    const { Delimiter } = content;
    return {
      xml: {
        root: 'ListBucketResult',
        content: {
          ...content,
          Marker: encode(marker),
          // Without a delimiter, clients take the last key, as S3 has it.
          NextMarker: page.next === undefined || Delimiter === undefined ? undefined : encode(page.next),
        },
      },
    };
  },
};

async function list(
  { request, scope, bucket, services, s3 }: S3Call,
  startAfter: string | undefined,
  token: string | undefined,
): Promise<Listed> {
  const { query } = request;
  const { type, encode } = encodingOfNames(request);
  const limit = Math.min(numberParameter(request, 'max-keys') ?? MOST_KEYS, MOST_KEYS);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  await mustExist(services, scope, bucket);
  const page = await s3.listing.page(scope, bucket, {
    prefix,
    delimiter,
    startAfter: startAfter ?? '',
    token: token ?? '',
    limit,
  });
  const content = {
    Name: bucket,
    Prefix: encode(prefix),
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    MaxKeys: limit,
    EncodingType: type,
    IsTruncated: page.next !== undefined,
    Contents: page.entries
      .filter((entry) => !entry.is_prefix)
      .map(({ name, updated_at: LastModified, metadata }) => ({
        Key: encode(name),
        LastModified: LastModified ?? undefined,
        ETag: metadata?.eTag,
        Size: metadata?.size ?? 0,
        StorageClass: 'STANDARD',
      })),
    CommonPrefixes: page.entries
      .filter((entry) => entry.is_prefix)
      .map(({ name }) => ({ Prefix: encode(name) })),
  };
  return { page, content, encode };
}
