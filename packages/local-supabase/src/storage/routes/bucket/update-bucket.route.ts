import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import { BUCKET_WISHES, type BucketParams, type BucketWishesBody } from './bucket.schema.ts';

/** `PUT /bucket/:id`: changes what is named, leaves the rest. */
export function updateBucketRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.put<{ Params: BucketParams; Body: BucketWishesBody }>(
    '/bucket/:bucketId',
    { schema: { body: { type: 'object', properties: BUCKET_WISHES } } },
    async (request) => {
      const scope = await access.required(request, 'storage.bucket.update');
      await buckets.update(scope, request.params.bucketId, {
        public: request.body.public,
        fileSizeLimit: request.body.file_size_limit,
        allowedMimeTypes: request.body.allowed_mime_types,
      });
      return { message: 'Successfully updated' };
    },
  );
}
