import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: {
    bucketId: { type: 'string' },
    sourceKey: { type: 'string' },
    destinationBucket: { type: 'string' },
    destinationKey: { type: 'string' },
  },
  required: ['bucketId', 'sourceKey', 'destinationKey'],
};

interface Body {
  bucketId: string;
  sourceKey: string;
  destinationBucket?: string;
  destinationKey: string;
}

/** `POST /object/move`: 200 `{message, Id, Key}`. */
export function moveObjectRoute(app: FastifyInstance, { access, transfers }: StorageServices): void {
  app.post<{ Body: Body }>('/object/move', { schema: { body: BODY } }, async (request) => {
    const scope = await access.required(request, 'storage.object.move');
    const { bucketId, sourceKey, destinationBucket, destinationKey } = request.body;
    const moved = await transfers.move(
      scope,
      { bucketId, name: sourceKey },
      { bucketId: destinationBucket ?? bucketId, name: destinationKey },
    );
    return { message: 'Successfully moved', Id: moved.id, Key: moved.name };
  });
}
