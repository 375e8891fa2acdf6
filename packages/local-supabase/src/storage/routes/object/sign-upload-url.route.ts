import type { FastifyInstance } from 'fastify';
import { contentLengthOf, sentMetadata } from '../../http/incoming.file.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

/** `POST /object/upload/sign/:bucket/*`: 200 `{url, token}`. */
export function signUploadUrlRoute(app: FastifyInstance, { access, signing }: StorageServices): void {
  app.post<{ Params: ObjectParams }>('/object/upload/sign/:bucketName/*', async (request) => {
    const scope = await access.required(request, 'storage.object.sign_upload_url');
    const { headers, params } = request;
    const target = {
      bucketId: params.bucketName,
      name: params['*'],
      upsert: headers['x-upsert'] === 'true',
      owner: scope.caller.owner,
    };
    // Nothing else is known of a file that comes later: policies see what this request says of itself, as upstream.
    return signing.signUpload(scope, target, {
      metadata: { mimetype: headers['content-type'], contentLength: contentLengthOf(headers) },
      userMetadata: sentMetadata(headers),
    });
  });
}
