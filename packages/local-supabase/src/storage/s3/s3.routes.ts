import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { StorageServices } from '../storage.services.ts';
import { handleS3Errors } from './errors/s3.error.handler.ts';
import { isForm, postObject } from './forms/post-object.ts';
import { openPayload } from './payload/payload.ts';
import { operationOf } from './s3.router.ts';
import { readS3Request } from './s3.request.ts';
import type { S3Answer } from './s3.operation.ts';
import type { S3Services } from './s3.services.ts';
import { xmlDocument } from './xml/xml.writer.ts';

/** In bytes, of one field of a form. */
const MOST_OF_FIELD = 64 * 1024;

/** `/s3`: the S3 protocol. Who asks is known by the signature; what is asked, by address and headers. */
export async function s3Routes(
  app: FastifyInstance,
  services: StorageServices,
  s3: S3Services,
): Promise<void> {
  await app.register(
    async (scope) => {
      handleS3Errors(scope);
      scope.addHook('onRequest', acceptAnyType);
      await scope.register(multipart, {
        throwFileSizeLimit: false,
        limits: { fields: 50, files: 1, fileSize: Infinity, fieldSize: MOST_OF_FIELD },
      });
      for (const url of ['/', '/*']) {
        scope.route({
          method: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
          url,
          handler: (request, reply) => handle(request, reply, scope.prefix, services, s3),
        });
      }
    },
    { prefix: '/s3' },
  );
}

const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+/;

/** The server refuses what is no media type; S3 keeps whatever it is told, and reads that where it was written. */
function acceptAnyType({ headers }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const type = headers['content-type'];
  if (type !== undefined && !MEDIA_TYPE.test(type)) headers['content-type'] = 'application/octet-stream';
  done();
}

async function handle(
  incoming: FastifyRequest,
  reply: FastifyReply,
  prefix: string,
  services: StorageServices,
  s3: S3Services,
): Promise<FastifyReply> {
  const request = readS3Request(incoming.raw, prefix);
  if (isForm(incoming, request)) return send(reply, await postObject(incoming, request, services, s3));
  const signed = await s3.access.verify(request);
  const { name, run } = operationOf(request);
  const payload = openPayload(request, signed);
  const { method, path, headers, bucket = '', key = '' } = request;
  const scope = { caller: signed.caller, operation: name, method, path, headers };
  try {
    const answer = await run({ request, scope, bucket, key, payload, services, s3 });
    return await send(reply, answer);
  } catch (error) {
    // The rest flows off unread, so that its sender gets to read the answer.
    payload.stream.resume();
    throw error;
  }
}

function send(reply: FastifyReply, { status = 200, headers = {}, xml, stream }: S3Answer): FastifyReply {
  void reply.status(status);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) void reply.header(name, value);
  }
  if (!xml) return reply.send(stream);
  return reply
    .header('content-type', 'application/xml; charset=utf-8')
    .send(xmlDocument(xml.root, xml.content));
}
