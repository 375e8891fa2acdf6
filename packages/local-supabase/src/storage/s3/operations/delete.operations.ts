import { S3_ERRORS } from '../errors/s3.errors.ts';
import { xmlBody } from '../payload/xml.body.ts';
import type { S3Operation } from '../s3.operation.ts';
import { mustExist } from './existing.bucket.ts';

const MOST_KEYS = 1000;

/** 204 whether or not there was one, as S3 has it. */
export const deleteObject: S3Operation = {
  name: 'storage.s3.object.delete',
  run: async ({ scope, services, bucket, key }) => {
    const removed = await services.removal.removeMany(scope, bucket, [key]);
    if (removed.length === 0) await mustExist(services, scope, bucket);
    return { status: 204 };
  },
};

/** What is not there counts as deleted; what the caller may not delete is named. */
export const deleteObjects: S3Operation = {
  name: 'storage.s3.object.delete_many',
  run: async ({ scope, services, bucket, payload }) => {
    const body = await xmlBody(payload, 'Delete');
    const keys = (body?.all('Object') ?? []).map((object) => object.text('Key'));
    if (!keys.every((key) => key !== undefined && key !== '') || keys.length === 0) {
      throw S3_ERRORS.malformedXml('Each Object needs a Key.');
    }
    if (keys.length > MOST_KEYS)
      throw S3_ERRORS.malformedXml(`At most ${MOST_KEYS} objects are deleted at once.`);
    const asked = keys as string[];
    await mustExist(services, scope, bucket);
    const kept = await services.removal.removeAll(scope, bucket, asked);
    const quiet = body?.text('Quiet') === 'true';
    return {
      xml: {
        root: 'DeleteResult',
        content: {
          Deleted: quiet ? [] : asked.filter((key) => !kept.has(key)).map((Key) => ({ Key })),
          Error: asked
            .filter((key) => kept.has(key))
            .map((Key) => ({ Key, Code: 'AccessDenied', Message: 'Access Denied' })),
        },
      },
    };
  },
};
