import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import type { BucketParams } from './bucket.schema.ts';

/** `POST /bucket/:id/empty`: done when it answers, although the message is upstream's, which queues it. */
export function emptyBucketRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.post<{ Params: BucketParams }>('/bucket/:bucketId/empty', async (request) => {
    const scope = await access.required(request, 'storage.bucket.empty');
    await buckets.empty(scope, request.params.bucketId);
    return { message: 'Empty bucket has been queued. Completion may take up to an hour.' };
  });
}
