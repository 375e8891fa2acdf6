import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: { prefixes: { type: 'array', items: { type: 'string' }, minItems: 1 } },
  required: ['prefixes'],
};

/** `DELETE /object/:bucket` `{prefixes}`: 200 with those that were deleted; the names are whole, despite the field. */
export function deleteObjectsRoute(app: FastifyInstance, { access, removal }: StorageServices): void {
  app.delete<{ Params: { bucketName: string }; Body: { prefixes: string[] } }>(
    '/object/:bucketName',
    { schema: { body: BODY } },
    async (request) => {
      const scope = await access.required(request, 'storage.object.delete_many');
      return removal.removeMany(scope, request.params.bucketName, request.body.prefixes);
    },
  );
}
