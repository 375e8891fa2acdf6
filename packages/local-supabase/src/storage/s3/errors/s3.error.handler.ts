import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StorageError } from '../../errors/storage.error.ts';
import { xmlDocument } from '../xml/xml.writer.ts';

/** Refusals as S3 clients read them: XML, and the status that fits. */
export function handleS3Errors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    // The client is gone: there is nobody to answer.
    if (reply.raw.destroyed) return reply;
    if (error instanceof StorageError) {
      if (error.status >= 500) request.log.error({ err: error }, 'storage request failed');
      return refuse(request, reply, error.status, error.code, error.message);
    }
    if (typeof error.statusCode === 'number' && error.statusCode < 500) {
      return refuse(request, reply, error.statusCode, 'InvalidRequest', error.message);
    }
    request.log.error({ err: error }, 'storage request failed');
    return refuse(request, reply, 500, 'InternalError', 'Internal Server Error');
  });
  app.setNotFoundHandler((request, reply) =>
    refuse(
      request,
      reply,
      405,
      'MethodNotAllowed',
      'The specified method is not allowed against this resource.',
    ),
  );
}

function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  code: string,
  message: string,
): FastifyReply {
  const resource = (request.raw.url ?? '').replace(/\?.*$/s, '').replace(/^.*?\/s3\/?/, '');
  return reply
    .status(status)
    .header('content-type', 'application/xml; charset=utf-8')
    .send(xmlDocument('Error', { Resource: resource, Code: code, Message: message }));
}
