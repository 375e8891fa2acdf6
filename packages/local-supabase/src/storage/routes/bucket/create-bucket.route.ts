import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import { BUCKET_WISHES, type BucketWishesBody } from './bucket.schema.ts';

/** `POST /bucket`: 200 `{name}`. */
export function createBucketRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.post<{ Body: BucketWishesBody & { name: string; id?: string } }>(
    '/bucket',
    {
      schema: {
        body: {
          type: 'object',
          properties: {
            ...BUCKET_WISHES,
            name: { type: 'string' },
            id: { type: 'string' },
            type: { type: 'string', enum: ['STANDARD', 'ANALYTICS'] },
          },
          required: ['name'],
        },
      },
    },
    async (request) => {
      const scope = await access.required(request, 'storage.bucket.create');
      const { name, id, ...wishes } = request.body;
      await buckets.create(scope, id ?? name, name, {
        public: wishes.public,
        fileSizeLimit: wishes.file_size_limit,
        allowedMimeTypes: wishes.allowed_mime_types,
      });
      return { name };
    },
  );
}
