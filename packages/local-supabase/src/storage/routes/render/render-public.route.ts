import type { FastifyInstance } from 'fastify';
import { TRANSFORMATION_SCHEMA, type Transformation } from '../../images/transformation.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { DownloadQuery, ObjectParams } from '../object/object.params.ts';
import { deliverImage } from './render-image.ts';

const QUERY = { type: 'object', properties: { ...TRANSFORMATION_SCHEMA, download: { type: 'string' } } };

/** `GET /render/image/public/:bucket/*`: images of public buckets, for anyone. */
export function renderPublicRoute(app: FastifyInstance, services: StorageServices): void {
  app.get<{ Params: ObjectParams; Querystring: Transformation & DownloadQuery }>(
    '/render/image/public/:bucketName/*',
    { schema: { querystring: QUERY } },
    async (request, reply) => {
      const scope = services.access.public(request, 'storage.render.image_public');
      const { bucketName, '*': name } = request.params;
      const locate = () => services.reading.forAnyone(scope, bucketName, name);
      const { download, ...transformation } = request.query;
      return deliverImage(request, reply, services, locate, transformation, { download });
    },
  );
}
