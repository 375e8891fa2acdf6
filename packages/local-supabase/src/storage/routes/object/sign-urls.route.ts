import type { FastifyInstance } from 'fastify';
import type { StorageServices } from '../../storage.services.ts';

const BODY = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', minimum: 1 },
    paths: { type: 'array', items: { type: 'string' }, minItems: 1 },
  },
  required: ['expiresIn', 'paths'],
};

/** `POST /object/sign/:bucket`: 200 with one `{error, path, signedURL}` for each path. */
export function signUrlsRoute(app: FastifyInstance, { access, signing }: StorageServices): void {
  app.post<{ Params: { bucketName: string }; Body: { expiresIn: number; paths: string[] } }>(
    '/object/sign/:bucketName',
    { schema: { body: BODY } },
    async (request) => {
      const scope = await access.required(request, 'storage.object.sign_many');
      return signing.signDownloads(
        scope,
        request.params.bucketName,
        request.body.paths,
        request.body.expiresIn,
      );
    },
  );
}
