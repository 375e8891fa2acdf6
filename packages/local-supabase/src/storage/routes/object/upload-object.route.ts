import type { FastifyInstance } from 'fastify';
import { incomingFile } from '../../http/incoming.file.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

/** `POST /object/:bucket/*`: a new object (or `x-upsert: true`). `PUT`: always replaces. 200 `{Id, Key}`. */
export function uploadObjectRoute(app: FastifyInstance, { access, uploads }: StorageServices): void {
  app.route<{ Params: ObjectParams }>({
    method: ['POST', 'PUT'],
    url: '/object/:bucketName/*',
    handler: async (request) => {
      const replaces = request.method === 'PUT';
      const scope = await access.required(
        request,
        replaces ? 'storage.object.upload_update' : 'storage.object.upload',
      );
      const target = {
        bucketId: request.params.bucketName,
        name: request.params['*'],
        upsert: replaces || request.headers['x-upsert'] === 'true',
        owner: scope.caller.owner,
      };
      const object = await uploads.upload(scope, target, () => incomingFile(request));
      return { Id: object.id, Key: `${target.bucketId}/${target.name}` };
    },
  });
}
