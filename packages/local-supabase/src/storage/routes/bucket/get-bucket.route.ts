import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import type { BucketParams } from './bucket.schema.ts';

/** `GET /bucket/:id`: the bucket. */
export function getBucketRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.get<{ Params: BucketParams }>('/bucket/:bucketId', async (request) => {
    const scope = await access.required(request, 'storage.bucket.get');
    return buckets.get(scope, request.params.bucketId);
  });
}
