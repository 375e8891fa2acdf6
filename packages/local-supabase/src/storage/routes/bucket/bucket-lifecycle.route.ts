import type { FastifyInstance } from 'fastify';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { StorageServices } from '../../storage.services.ts';

/** `/bucket/:id/lifecycle`: Supabase has it behind object versioning, which is off in local development. */
export function bucketLifecycleRoute(app: FastifyInstance, { access }: StorageServices): void {
  app.route({
    method: ['GET', 'PUT', 'DELETE'],
    url: '/bucket/:bucketId/lifecycle',
    handler: async (request) => {
      await access.required(request, 'storage.bucket.get');
      throw STORAGE_ERRORS.featureNotEnabled('bucket lifecycle');
    },
  });
}
