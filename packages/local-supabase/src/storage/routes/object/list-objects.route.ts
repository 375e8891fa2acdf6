import type { FastifyInstance } from 'fastify';
import type { SearchOptions } from '../../objects/listing.service.ts';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    offset: { type: 'integer', minimum: 0 },
    search: { type: 'string' },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at', 'last_accessed_at'] },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
  },
  required: ['prefix'],
};

/** `POST /object/list/:bucket`: one folder, by offset. */
export function listObjectsRoute(app: FastifyInstance, { access, listing }: StorageServices): void {
  app.post<{ Params: { bucketName: string }; Body: SearchOptions & { prefix: string } }>(
    '/object/list/:bucketName',
    { schema: { body: BODY } },
    async (request) => {
      const scope = await access.required(request, 'storage.object.list');
      const { prefix, ...options } = request.body;
      return listing.search(scope, request.params.bucketName, prefix, options);
    },
  );
}
