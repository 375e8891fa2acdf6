import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestScope } from '../../database/caller.ts';
import type { StoredObject } from '../../objects/object.types.ts';
import type { StorageServices } from '../../storage.services.ts';
import type { ObjectParams } from './object.params.ts';

type InfoRequest = FastifyRequest<{ Params: ObjectParams }>;
type Find = (scope: RequestScope, bucketId: string, name: string) => Promise<StoredObject>;

/** `GET /object/info/…`: what is known about an object, under the rule of each door. */
export function objectInfoRoute(app: FastifyInstance, { access, reading }: StorageServices): void {
  const caller: Find = (scope, bucketId, name) => reading.forCaller(scope, bucketId, name);
  const anyone: Find = (scope, bucketId, name) => reading.forAnyone(scope, bucketId, name);
  const answer = async (scope: RequestScope, find: Find, request: InfoRequest, reply: FastifyReply) => {
    const object = await find(scope, request.params.bucketName, request.params['*']);
    return reply.header('cache-control', 'no-cache').send(infoOf(object));
  };
  app.get('/object/info/public/:bucketName/*', async (request: InfoRequest, reply) =>
    answer(access.public(request, 'storage.object.info_public'), anyone, request, reply),
  );
  app.get('/object/info/authenticated/:bucketName/*', async (request: InfoRequest, reply) =>
    answer(await access.required(request, 'object.get_authenticated_info'), caller, request, reply),
  );
  app.get('/object/info/:bucketName/*', async (request: InfoRequest, reply) =>
    answer(await access.optional(request, 'object.get_authenticated_info'), caller, request, reply),
  );
}

function infoOf(object: StoredObject): Record<string, unknown> {
  return {
    id: object.id,
    name: object.name,
    version: object.version,
    bucket_id: object.bucket_id,
    size: object.metadata?.size ?? null,
    content_type: object.metadata?.mimetype ?? null,
    cache_control: object.metadata?.cacheControl ?? null,
    ...(object.metadata?.contentEncoding && { content_encoding: object.metadata.contentEncoding }),
    etag: object.metadata?.eTag ?? null,
    metadata: object.user_metadata,
    last_modified: object.updated_at,
    created_at: object.created_at,
  };
}
