import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Metadata } from '@tus/server';
import { SERVICE } from '../../database/caller.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import { isUuid } from '../../database/uuid.ts';
import type { Operation } from '../../http/operations.ts';
import type { ResumableCaller } from '../../resumable/resumable.service.ts';
import type { ResumableUploads } from '../../resumable/resumable.uploads.ts';
import type { StorageServices } from '../../storage.services.ts';

const OPERATIONS: Record<string, Operation> = {
  POST: 'storage.tus.upload.create',
  PATCH: 'storage.tus.upload.part',
  HEAD: 'storage.tus.upload.get',
  DELETE: 'storage.tus.upload.delete',
};

/** `/upload/resumable`: the tus protocol, with a token; `/upload/resumable/sign`: with a signed upload URL's token. */
export function resumableRoute(
  app: FastifyInstance,
  services: StorageServices,
  uploads: ResumableUploads,
): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply, caller?: ResumableCaller) => {
    if (caller) uploads.callers.set(request.raw, caller);
    reply.hijack();
    await uploads.server.handle(request.raw, reply.raw);
    return reply;
  };
  for (const url of ['/upload/resumable', '/upload/resumable/:id']) {
    app.route({
      method: ['POST', 'PATCH', 'HEAD', 'DELETE'],
      url,
      handler: async (request, reply) => handle(request, reply, await withToken(request, services)),
    });
    app.options(url, (request, reply) => handle(request, reply));
  }
  for (const url of ['/upload/resumable/sign', '/upload/resumable/sign/:id']) {
    app.route({
      method: ['POST', 'PATCH', 'HEAD', 'DELETE'],
      url,
      handler: async (request, reply) =>
        handle(request, reply, await withSignature(request, services, uploads)),
    });
    app.options(url, (request, reply) => handle(request, reply));
  }
}

async function withToken(request: FastifyRequest, { access }: StorageServices): Promise<ResumableCaller> {
  const scope = await access.required(request, OPERATIONS[request.method] ?? 'storage.tus.options');
  return { scope, owner: scope.caller.owner, upsert: request.headers['x-upsert'] === 'true' };
}

async function withSignature(
  request: FastifyRequest,
  { access, tokens }: StorageServices,
  uploads: ResumableUploads,
): Promise<ResumableCaller> {
  const signature = request.headers['x-signature'];
  if (typeof signature !== 'string') throw STORAGE_ERRORS.invalidSignature('Missing x-signature header');
  const metadata = await metadataOf(request, uploads);
  const path = `${metadata.bucketName ?? ''}/${metadata.objectName ?? ''}`;
  const claims = await tokens.verify(signature, 'upload', path);
  const operation = OPERATIONS[request.method] ?? 'storage.tus.options';
  return {
    scope: { ...access.public(request, operation), caller: SERVICE },
    owner: claims.owner,
    upsert: claims.upsert === true,
  };
}

/** Of the request that creates an upload, or of the upload that a later one continues. */
async function metadataOf(
  request: FastifyRequest,
  uploads: ResumableUploads,
): Promise<Record<string, string | null>> {
  const { id } = request.params as { id?: string };
  if (id === undefined) return Metadata.parse(String(request.headers['upload-metadata'] ?? ''));
  const upload = isUuid(id) ? await uploads.store.getUpload(id).catch(() => undefined) : undefined;
  if (!upload) throw STORAGE_ERRORS.noSuchUpload();
  return upload.metadata ?? {};
}
