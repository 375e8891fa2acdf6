import type { FastifyInstance } from 'fastify';
import { readTransformation } from '../../images/transformation.ts';
import type { StorageServices } from '../../storage.services.ts';
import { TOKEN_QUERY, type ObjectParams, type TokenQuery } from '../object/object.params.ts';
import { deliverImage } from './render-image.ts';

/** `GET /render/image/sign/:bucket/*?token=`: the transformation is part of what was signed. */
export function renderSignedRoute(app: FastifyInstance, services: StorageServices): void {
  app.get<{ Params: ObjectParams; Querystring: TokenQuery }>(
    '/render/image/sign/:bucketName/*',
    { schema: { querystring: TOKEN_QUERY } },
    async (request, reply) => {
      const { bucketName, '*': name } = request.params;
      const claims = await services.tokens.verify(request.query.token, 'download', `${bucketName}/${name}`);
      const scope = services.access.public(request, 'storage.render.image_sign');
      const signedName = claims.url.slice(bucketName.length + 1);
      const locate = () => services.reading.forSigned(scope, bucketName, signedName);
      const transformation = readTransformation(
        [claims.transformations ?? '', claims.format ? `format:${claims.format}` : ''].join(','),
      );
      return deliverImage(request, reply, services, locate, transformation, {
        download: request.query.download,
        expires: new Date(claims.exp * 1000),
      });
    },
  );
}
