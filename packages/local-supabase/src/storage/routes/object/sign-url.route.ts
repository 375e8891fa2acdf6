import type { FastifyInstance } from 'fastify';
import { TRANSFORMATION_SCHEMA, type Transformation } from '../../images/transformation.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

const BODY = {
  type: 'object',
  properties: {
    expiresIn: { type: 'integer', minimum: 1 },
    transform: { type: 'object', properties: TRANSFORMATION_SCHEMA },
  },
  required: ['expiresIn'],
};

/** `POST /object/sign/:bucket/*`: 200 `{signedURL}`, relative to `/storage/v1`. */
export function signUrlRoute(app: FastifyInstance, { access, signing }: StorageServices): void {
  app.post<{ Params: ObjectParams; Body: { expiresIn: number; transform?: Transformation } }>(
    '/object/sign/:bucketName/*',
    { schema: { body: BODY } },
    async (request) => {
      const scope = await access.required(request, 'storage.object.sign');
      const { bucketName, '*': name } = request.params;
      const { expiresIn, transform } = request.body;
      return { signedURL: await signing.signDownload(scope, bucketName, name, expiresIn, transform ?? {}) };
    },
  );
}
