import type { FastifyInstance } from 'fastify';
import { SERVICE } from '../database/caller.ts';
import type { StorageServices } from '../storage.services.ts';

/** `GET /status` and `/version`: whether the part is there, for waiting scripts; `/health`: whether its database is. */
export function statusRoute(app: FastifyInstance, { access, buckets }: StorageServices): void {
  app.get('/status', (_request, reply) => reply.status(200).send());
  app.get('/version', () => 'local');
  app.get('/health', (request) =>
    buckets.list({ ...access.public(request, 'storage.bucket.list'), caller: SERVICE }, { limit: 1 }).then(
      () => ({ healthy: true }),
      () => ({ healthy: false }),
    ),
  );
}
