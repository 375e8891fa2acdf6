import type { FastifyInstance } from 'fastify';
import { sentMetadata } from '../../http/incoming.file.ts';
import type { CopyOptions } from '../../objects/transfer.service.ts';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: {
    bucketId: { type: 'string' },
    sourceKey: { type: 'string' },
    destinationBucket: { type: 'string' },
    destinationKey: { type: 'string' },
    metadata: {
      type: 'object',
      properties: {
        cacheControl: { type: 'string' },
        mimetype: { type: 'string' },
        contentEncoding: { type: 'string' },
      },
    },
    copyMetadata: { type: 'boolean' },
  },
  required: ['sourceKey', 'bucketId', 'destinationKey'],
};

interface Body {
  bucketId: string;
  sourceKey: string;
  destinationBucket?: string;
  destinationKey: string;
  metadata?: CopyOptions['metadata'];
  copyMetadata?: boolean;
}

/** `POST /object/copy`: 200 `{Id, Key}` and the new object. */
export function copyObjectRoute(app: FastifyInstance, { access, transfers }: StorageServices): void {
  app.post<{ Body: Body }>('/object/copy', { schema: { body: BODY } }, async (request) => {
    const scope = await access.required(request, 'storage.object.copy');
    const { bucketId, sourceKey, destinationBucket = bucketId, destinationKey } = request.body;
    const copied = await transfers.copy(
      scope,
      { bucketId, name: sourceKey },
      { bucketId: destinationBucket, name: destinationKey },
      {
        upsert: request.headers['x-upsert'] === 'true',
        copyMetadata: request.body.copyMetadata ?? true,
        metadata: request.body.metadata,
        userMetadata: sentMetadata(request.headers),
      },
    );
    return { Id: copied.id, Key: `${destinationBucket}/${destinationKey}`, ...copied };
  });
}
