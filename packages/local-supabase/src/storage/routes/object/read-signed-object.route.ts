import type { FastifyInstance } from 'fastify';
import { deliver } from '../../http/deliver.ts';
import type { StorageServices } from '../../storage.services.ts';
import { TOKEN_QUERY, type ObjectParams, type TokenQuery } from './object.params.ts';

/** `GET|HEAD /object/sign/:bucket/*?token=`: the one object that the token was made for. */
export function readSignedObjectRoute(app: FastifyInstance, services: StorageServices): void {
  const { access, reading, tokens, files } = services;
  app.route<{ Params: ObjectParams; Querystring: TokenQuery }>({
    method: ['GET', 'HEAD'],
    url: '/object/sign/:bucketName/*',
    schema: { querystring: TOKEN_QUERY },
    handler: async (request, reply) => {
      const { bucketName, '*': name } = request.params;
      const claims = await tokens.verify(request.query.token, 'download', `${bucketName}/${name}`);
      const scope = access.public(request, 'storage.object.get_signed');
      const signedName = claims.url.slice(bucketName.length + 1);
      const locate = () => reading.forSigned(scope, bucketName, signedName);
      return deliver(request, reply, files, locate, {
        download: request.query.download,
        expires: new Date(claims.exp * 1000),
      });
    },
  });
}
