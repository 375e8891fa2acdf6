import type { FastifyInstance } from 'fastify';
import type { BucketPage } from '../../buckets/bucket.types.ts';
import type { StorageServices } from '../../storage.services.ts';

const QUERY = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1 },
    offset: { type: 'integer', minimum: 0 },
    sortColumn: { type: 'string', enum: ['id', 'name', 'created_at', 'updated_at'] },
    sortOrder: { type: 'string', enum: ['asc', 'desc'] },
    search: { type: 'string' },
  },
};

/** `GET /bucket`: the buckets that the caller sees. */
export function listBucketsRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.get<{ Querystring: BucketPage }>('/bucket', { schema: { querystring: QUERY } }, async (request) => {
    const scope = await access.required(request, 'storage.bucket.list');
    return buckets.list(scope, request.query);
  });
}
