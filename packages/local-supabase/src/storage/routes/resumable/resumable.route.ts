import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerPreflight } from '../../../gateway/cors.ts';
import { SERVICE } from '../../database/caller.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import type { Operation } from '../../http/operations.ts';
import type { ResumableUploads } from '../../resumable/resumable.uploads.ts';
import type { Identify } from '../../resumable/tus.server.ts';
import type { StorageServices } from '../../storage.services.ts';

const OPERATIONS: Record<string, Operation> = {
  POST: 'storage.tus.upload.create',
  PATCH: 'storage.tus.upload.part',
  HEAD: 'storage.tus.upload.get',
  DELETE: 'storage.tus.upload.delete',
};

/** Of the protocol's own answer to `OPTIONS`; browsers' preflight requests are the gateway's everywhere. */
const OPTIONS = { config: { cors: false }, onRequest: answerPreflight } as const;

/** `/upload/resumable`: the tus protocol, with a token; `/upload/resumable/sign`: with a signed upload URL's token. */
export function resumableRoute(
  app: FastifyInstance,
  services: StorageServices,
  uploads: ResumableUploads,
): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply, identify?: Identify) => {
    if (identify) uploads.callers.set(request.raw, identify);
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
    app.options(url, OPTIONS, (request, reply) => handle(request, reply));
  }
  for (const url of ['/upload/resumable/sign', '/upload/resumable/sign/:id']) {
    app.route({
      method: ['POST', 'PATCH', 'HEAD', 'DELETE'],
      url,
      handler: (request, reply) => handle(request, reply, withSignature(request, services)),
    });
    app.options(url, OPTIONS, (request, reply) => handle(request, reply));
  }
}

async function withToken(request: FastifyRequest, { access }: StorageServices): Promise<Identify> {
  const scope = await access.required(request, OPERATIONS[request.method] ?? 'storage.tus.options');
  const caller = { scope, owner: scope.caller.owner, upsert: request.headers['x-upsert'] === 'true' };
  return () => Promise.resolve(caller);
}

/** Only the protocol's server knows which upload it is, and so whether it is the one that was signed. */
function withSignature(request: FastifyRequest, { access, tokens }: StorageServices): Identify {
  const signature = request.headers['x-signature'];
  const operation = OPERATIONS[request.method] ?? 'storage.tus.options';
  const scope = { ...access.public(request, operation), caller: SERVICE };
  return async ({ bucketName, objectName }) => {
    if (typeof signature !== 'string') throw STORAGE_ERRORS.invalidSignature('Missing x-signature header');
    const claims = await tokens.verify(signature, 'upload', `${bucketName ?? ''}/${objectName ?? ''}`);
    return { scope, owner: claims.owner, upsert: claims.upsert === true };
  };
}
