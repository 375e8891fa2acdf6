import type { FastifyInstance } from 'fastify';
import type { PageOptions } from '../../objects/listing.service.ts';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: {
    prefix: { type: 'string' },
    limit: { type: 'integer', minimum: 1 },
    cursor: { type: 'string' },
    with_delimiter: { type: 'boolean' },
    sortBy: {
      type: 'object',
      properties: {
        column: { type: 'string', enum: ['name', 'updated_at', 'created_at'] },
        order: { type: 'string', enum: ['asc', 'desc'] },
      },
      required: ['column'],
    },
  },
};

interface Body extends Omit<PageOptions, 'folders'> {
  with_delimiter?: boolean;
}

/** `POST /object/list-v2/:bucket`: by cursor, with folders apart. */
export function listObjectsV2Route(app: FastifyInstance, { access, listing }: StorageServices): void {
  app.post<{ Params: { bucketName: string }; Body: Body | undefined }>(
    '/object/list-v2/:bucketName',
    { schema: { body: BODY } },
    async (request) => {
      const scope = await access.required(request, 'storage.object.list_v2');
      const { with_delimiter, ...options } = request.body ?? {};
      return listing.page(scope, request.params.bucketName, { ...options, folders: with_delimiter === true });
    },
  );
}
