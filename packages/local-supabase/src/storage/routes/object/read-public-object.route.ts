import type { FastifyInstance } from 'fastify';
import { deliver } from '../../http/deliver.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { DownloadQuery, ObjectParams } from './object.params.ts';

/** `GET|HEAD /object/public/:bucket/*`: objects of public buckets, for anyone. */
export function readPublicObjectRoute(
  app: FastifyInstance,
  { access, reading, files }: StorageServices,
): void {
  app.route<{ Params: ObjectParams; Querystring: DownloadQuery }>({
    method: ['GET', 'HEAD'],
    url: '/object/public/:bucketName/*',
    handler: async (request, reply) => {
      const scope = access.public(request, 'storage.object.get_public');
      const { bucketName, '*': name } = request.params;
      const locate = () => reading.forAnyone(scope, bucketName, name);
      return deliver(request, reply, files, locate, { download: request.query.download });
    },
  });
}
