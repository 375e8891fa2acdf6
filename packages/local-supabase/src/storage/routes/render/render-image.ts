import type { FastifyReply, FastifyRequest } from 'fastify';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import { present, type Locate } from '../../http/deliver.ts';
import { describeObject, type Presentation } from '../../http/object.headers.ts';
import { renderImage } from '../../images/image.renderer.ts';
import { transformationHeader, type Transformation } from '../../images/transformation.ts';
import type { StorageServices } from '../../storage.services.ts';

/**
 * Answers with an object's image, transformed.
 * @throws StorageError FeatureNotEnabled, what `locate` throws, InvalidRequest when the object is no image
 */
export async function deliverImage(
  request: FastifyRequest,
  reply: FastifyReply,
  { files, settings }: StorageServices,
  locate: Locate,
  transformation: Transformation,
  presentation: Presentation,
): Promise<FastifyReply> {
  if (!settings.imageTransformation) throw STORAGE_ERRORS.featureNotEnabled('image transformation');
  const { object, path, size } = await present(files, locate, reply);
  const image = await renderImage(path, size, transformation, request.headers.accept ?? '');
  describeObject(reply, object, presentation);
  const header = transformationHeader(transformation);
  if (header !== '') void reply.header('x-transformations', header);
  return reply
    .removeHeader('content-encoding')
    .header('accept-ranges', 'none')
    .header('vary', 'Accept')
    .header('content-type', image.mimeType)
    .header('content-length', image.bytes.length)
    .send(image.bytes);
}
