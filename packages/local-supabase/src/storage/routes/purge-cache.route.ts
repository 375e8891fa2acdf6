import type { FastifyInstance } from 'fastify';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { StorageServices } from '../storage.services.ts';

/** `DELETE /cdn/…`: there is no cache in front of a local server, so there is never anything left to purge. Service role only. */
export function purgeCacheRoute(app: FastifyInstance, { access }: StorageServices): void {
  for (const url of ['/cdn', '/cdn/:bucketName', '/cdn/:bucketName/*']) {
    app.delete(url, async (request) => {
      const { caller } = await access.required(request, 'storage.cdn.purge_object_cache');
      if (caller.role !== 'service_role') throw STORAGE_ERRORS.accessDenied();
      return { message: 'success' };
    });
  }
}
