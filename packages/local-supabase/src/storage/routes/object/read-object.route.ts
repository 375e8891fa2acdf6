import type { FastifyInstance } from 'fastify';
import { deliver } from '../../http/deliver.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { DownloadQuery, ObjectParams } from './object.params.ts';

/** `GET|HEAD /object/authenticated/:bucket/*` with a token; `/object/:bucket/*` also without, for public buckets. */
export function readObjectRoute(app: FastifyInstance, { access, reading, files }: StorageServices): void {
  const doors = [
    { url: '/object/authenticated/:bucketName/*', verb: 'required' },
    { url: '/object/:bucketName/*', verb: 'optional' },
  ] as const;
  for (const { url, verb } of doors) {
    app.route<{ Params: ObjectParams; Querystring: DownloadQuery }>({
      method: ['GET', 'HEAD'],
      url,
      handler: async (request, reply) => {
        const scope = await access[verb](
          request,
          request.method === 'HEAD' ? 'object.head_authenticated_info' : 'storage.object.get_authenticated',
        );
        const { bucketName, '*': name } = request.params;
        const locate = () => reading.forCaller(scope, bucketName, name);
        return deliver(request, reply, files, locate, { download: request.query.download });
      },
    });
  }
}
