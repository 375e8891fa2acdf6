import { validatorsOf } from '../../http/object.headers.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { S3Operation } from '../s3.operation.ts';
import { copySourceOf } from '../s3.parameters.ts';
import { headerOf } from '../s3.request.ts';
import { mustExist } from './existing.bucket.ts';
import { mustFitCopy } from './object.conditions.ts';
import { detailsOf, mimeTypeOf } from './put-object.operation.ts';
import { storedObject } from './stored.object.ts';

/** With what is known about the source, or (`x-amz-metadata-directive: REPLACE`) with what the request says. */
export const copyObject: S3Operation = {
  name: 'storage.s3.object.copy',
  run: async (call) => {
    const { request, scope, services, bucket, key } = call;
    const from = copySourceOf(request);
    const directive = headerOf(request, 'x-amz-metadata-directive') ?? 'COPY';
    if (directive !== 'COPY' && directive !== 'REPLACE') {
      throw S3_ERRORS.invalidArgument('Unknown metadata directive.');
    }
    await mustExist(services, scope, bucket);
    mustFitCopy(request, validatorsOf(await storedObject(call, from.bucketId, from.name)));
    const { cacheControl, contentEncoding, userMetadata } = detailsOf(request);
    const copied = await services.transfers.copy(
      scope,
      from,
      { bucketId: bucket, name: key },
      {
        upsert: true,
        copyMetadata: directive === 'COPY',
        metadata: {
          cacheControl,
          mimetype: mimeTypeOf(request),
          ...(contentEncoding !== undefined && { contentEncoding }),
        },
        userMetadata,
      },
    );
    const content = { ETag: copied.metadata?.eTag, LastModified: copied.updated_at };
    return { xml: { root: 'CopyObjectResult', content } };
  },
};
