import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

/** `POST /object/upload/sign/:bucket/*`: 200 `{url, token}`. */
export function signUploadUrlRoute(app: FastifyInstance, { access, signing }: StorageServices): void {
  app.post<{ Params: ObjectParams }>('/object/upload/sign/:bucketName/*', async (request) => {
    const scope = await access.required(request, 'storage.object.sign_upload_url');
    return signing.signUpload(scope, {
      bucketId: request.params.bucketName,
      name: request.params['*'],
      upsert: request.headers['x-upsert'] === 'true',
      owner: scope.caller.owner,
    });
  });
}
