import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import type { BucketParams } from './bucket.schema.ts';

/** `DELETE /bucket/:id`: only an empty one. */
export function deleteBucketRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.delete<{ Params: BucketParams }>('/bucket/:bucketId', async (request) => {
    const scope = await access.required(request, 'storage.bucket.delete');
    await buckets.remove(scope, request.params.bucketId);
    return { message: 'Successfully deleted' };
  });
}
