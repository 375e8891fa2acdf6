import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { invalidFields } from '../platform/errors/errors.js';
import { ApiParam } from '@nestjs/swagger';
import type { ApiRequest } from '../platform/http/api-request.js';
import { OBJECT_PATH } from '../supabase/storage-names.js';

/** `/api/storage/buckets/:bucket/<what>/` and `/api/v1/…`: so many segments stand before the path. */
const BEFORE = { plain: 6, enveloped: 7 };

/**
 * The path of an object from the URL. An encoded slash is one as well: OpenAPI knows no parameter of several segments, so
 * generated clients encode it, and no name has another one in it. A slash at the end is what every route allows.
 * @throws AppError `validation` for what does not decode; other faults (`..`, empty segments) are for the service to find
 */
export const ObjectPath = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<ApiRequest>();
  const path = request.originalUrl.replace(/[?#].*$/s, '').replace(/\/$/, '');
  return path.split('/').slice(BEFORE[request.representation]).map(decoded).join('/');
});

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refused('path must be encoded as a URL is');
  }
}

const refused = (message: string): Error => invalidFields([{ field: 'path', message }]);

/** The same in the OpenAPI documents, which know no path parameter with slashes in it. */
export const ApiObjectPath = (): MethodDecorator =>
  ApiParam({
    name: 'path',
    schema: { ...OBJECT_PATH, example: '7f0c9a7e-3c1d-4c62-9a57-0d5f1b9f2c11/picture.png' },
    description: 'The path in the bucket. Its slashes may stand as they are; everything else is encoded.',
  });
