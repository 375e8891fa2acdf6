import type { FastifyInstance } from 'fastify';
import { incomingFile } from '../../http/incoming.file.ts';
import type { StorageServices } from '../../storage.services.ts';

/** `POST /object/:bucket/*`: a new object (or `x-upsert: true`). `PUT`: always replaces. 200 `{Id, Key}`. */
export function uploadObjectRoute(app: FastifyInstance, { access, uploads }: StorageServices): void {
  for (const url of ['/object/:bucketName/*', '/object/:bucketName']) {
    app.route<{ Params: { bucketName: string; '*'?: string } }>({
      method: ['POST', 'PUT'],
      url,
      handler: async (request) => {
        const replaces = request.method === 'PUT';
        const scope = await access.required(
          request,
          replaces ? 'storage.object.upload_update' : 'storage.object.upload',
        );
        const target = {
          bucketId: request.params.bucketName,
          // A path that ends with the bucket names nothing, and is refused as a name.
          name: request.params['*'] ?? '',
          upsert: replaces || request.headers['x-upsert'] === 'true',
          owner: scope.caller.owner,
        };
        const object = await uploads.upload(scope, target, () => incomingFile(request));
        return { Id: object.id, Key: `${target.bucketId}/${target.name}` };
      },
    });
  }
}
