import type { FastifyInstance } from 'fastify';
import type { RequestScope } from '../../database/caller.ts';
import { StorageError } from '../../errors/storage.error.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { Asked, Listing, Query } from '../../vectors/entry.service.ts';
import type { NewEntry, NewIndex, Page } from '../../vectors/vector.types.ts';
import { VECTOR_BODIES } from './vector.schema.ts';

type Body = Asked &
  Partial<NewIndex & Page & Listing & Query> & { keys: readonly string[]; vectors: readonly NewEntry[] };
type Operation = keyof typeof VECTOR_BODIES;
type Handler = (scope: RequestScope, body: Body) => Promise<unknown>;

/** `POST /vector/<Operation>`, for the service role only. Refusals have the status that fits, other than elsewhere. */
export function vectorRoutes(app: FastifyInstance, services: StorageServices): void {
  const { vectors, access } = services;
  if (!vectors) return;
  void app.register((scope, _options, done) => {
    const above = scope.errorHandler;
    scope.setErrorHandler((error, request, reply) =>
      error instanceof StorageError
        ? reply.status(error.status).send(error.body)
        : above.call(scope, error as never, request, reply),
    );
    for (const [operation, handle] of Object.entries(handlers(vectors)) as [Operation, Handler][]) {
      scope.post<{ Body: Body }>(
        `/vector/${operation}`,
        { schema: { body: VECTOR_BODIES[operation] } },
        async (request, reply) => {
          const caller = await access.required(request, 'storage.vector');
          if (caller.caller.role !== 'service_role') throw STORAGE_ERRORS.accessDenied();
          const answer = await handle(caller, request.body);
          return answer === undefined ? reply.send() : answer;
        },
      );
    }
    done();
  });
}

function handlers({ buckets, entries }: NonNullable<StorageServices['vectors']>): Record<Operation, Handler> {
  return {
    CreateVectorBucket: (scope, body) => buckets.createBucket(scope, body.vectorBucketName),
    GetVectorBucket: (scope, body) => buckets.bucket(scope, body.vectorBucketName),
    DeleteVectorBucket: (scope, body) => buckets.deleteBucket(scope, body.vectorBucketName),
    ListVectorBuckets: (scope, body) => buckets.buckets(scope, body),
    CreateIndex: (scope, body) => buckets.createIndex(scope, body as Body & NewIndex),
    GetIndex: (scope, body) => buckets.index(scope, body.vectorBucketName, body.indexName),
    DeleteIndex: (scope, body) => buckets.deleteIndex(scope, body.vectorBucketName, body.indexName),
    ListIndexes: (scope, body) => buckets.indexes(scope, body.vectorBucketName, body),
    PutVectors: async (scope, body) => (await entries.put(scope, body, body.vectors), {}),
    GetVectors: (scope, body) => entries.get(scope, body, body.keys),
    ListVectors: (scope, body) => entries.list(scope, body),
    QueryVectors: (scope, body) => entries.query(scope, body as Body & Query),
    DeleteVectors: async (scope, body) => (await entries.delete(scope, body, body.keys), {}),
  };
}
