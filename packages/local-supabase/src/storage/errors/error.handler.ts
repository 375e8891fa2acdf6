import type { FastifyError, FastifyInstance } from 'fastify';
import { STORAGE_ERRORS } from './storage.errors.ts';
import { StorageError } from './storage.error.ts';

/** One representation for every refusal of this part: the catalogue's, Fastify's own (validation, unknown routes) and bugs. */
export function handleStorageErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    // The client is gone: there is nobody to answer, and a write would only warn.
    if (reply.raw.destroyed) return reply;
    if (error instanceof StorageError) {
      if (error.status >= 500) request.log.error({ err: error }, 'storage request failed');
      return reply.status(error.wireStatus).send(error.body);
    }
    if (typeof error.statusCode === 'number' && error.statusCode < 500) {
      return reply.status(error.statusCode).send({
        statusCode: String(error.statusCode),
        error: error.name,
        message: error.message,
        code: 'InvalidRequest',
      });
    }
    request.log.error({ err: error }, 'storage request failed');
    return reply.status(500).send(STORAGE_ERRORS.internal().body);
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      statusCode: '404',
      error: 'Not Found',
      message: `Route ${request.method}:${request.url} not found`,
      code: 'InvalidRequest',
    }),
  );
}
