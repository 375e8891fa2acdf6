import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

/** `DELETE /object/:bucket/*`: one object. */
export function deleteObjectRoute(app: FastifyInstance, { access, removal }: StorageServices): void {
  app.delete<{ Params: ObjectParams }>('/object/:bucketName/*', async (request) => {
    const scope = await access.required(request, 'storage.object.delete');
    await removal.removeOne(scope, request.params.bucketName, request.params['*']);
    return { message: 'Successfully deleted' };
  });
}
