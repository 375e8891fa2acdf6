import type { FastifyInstance } from 'fastify';
import { SERVICE } from '../../database/caller.ts';
import { incomingFile } from '../../http/incoming.file.ts';
import type { StorageServices } from '../../storage.services.ts';
import { TOKEN_QUERY, type ObjectParams, type TokenQuery } from './object.params.ts';

/** `PUT /object/upload/sign/:bucket/*?token=`: an upload that was allowed when the URL was made. */
export function uploadSignedObjectRoute(app: FastifyInstance, services: StorageServices): void {
  const { access, tokens, uploads } = services;
  app.put<{ Params: ObjectParams; Querystring: TokenQuery }>(
    '/object/upload/sign/:bucketName/*',
    { schema: { querystring: TOKEN_QUERY } },
    async (request) => {
      const { bucketName: bucketId, '*': name } = request.params;
      const claims = await tokens.verify(request.query.token, 'upload', `${bucketId}/${name}`);
      const scope = { ...access.public(request, 'storage.object.upload_signed'), caller: SERVICE };
      const target = { bucketId, name, upsert: claims.upsert === true, owner: claims.owner };
      const object = await uploads.upload(scope, target, () => incomingFile(request));
      return { Id: object.id, Key: `${bucketId}/${name}` };
    },
  );
}
