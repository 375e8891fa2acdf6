import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { MultipartFields } from '@fastify/multipart';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import { piecesOf } from '../../files/receive.ts';
import { DEFAULT_CACHE_CONTROL, DEFAULT_TYPE, firstFile, rest } from '../../http/incoming.file.ts';
import type { StorageServices } from '../../storage.services.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';
import type { S3Answer } from '../s3.operation.ts';
import { userMetadataOf } from '../s3.parameters.ts';
import type { S3Request } from '../s3.request.ts';
import type { S3Services } from '../s3.services.ts';
import { signatureOfForm } from '../signing/client.signature.ts';
import { checkPolicy, type SizeRange } from './post.policy.ts';

/** Whether a request is an upload by an HTML form: its signature is in there, and not in the request. */
export function isForm(request: FastifyRequest, { method, bucket, key, query }: S3Request): boolean {
  const toBucket = method === 'POST' && bucket !== undefined && key === undefined;
  return toBucket && !query.has('delete') && request.isMultipart();
}

/**
 * An upload by an HTML form, allowed by the policy in it, which somebody has signed before. What follows the file does not
 * count. 200 as storage-api, or what `success_action_status` says.
 * @throws StorageError InvalidPolicyDocument, ExpiredToken, AccessDenied, EntityTooSmall, and as any upload
 */
export async function postObject(
  incoming: FastifyRequest,
  request: S3Request,
  services: StorageServices,
  s3: S3Services,
): Promise<S3Answer> {
  const parts = incoming.parts();
  const { file, fields: sent, filename } = await firstFile(parts);
  // Nobody may read it to the end once it is refused.
  file.on('error', () => undefined);
  try {
    const { bucket = '', method, path, headers } = request;
    const fields = new Map([...fieldsOf(sent), ['bucket', bucket]]);
    const policy = fields.get('policy') ?? '';
    const { caller } = await s3.access.verifyPolicy(signatureOfForm(fields), policy);
    const range = checkPolicy(policy, fields);
    const scope = { caller, operation: 'storage.s3.upload', method, path, headers };
    const key = (fields.get('key') ?? '').replaceAll('${filename}', filename);
    const target = { bucketId: bucket, name: key, upsert: true, owner: caller.owner };
    const object = await services.uploads.upload(scope, target, () =>
      Promise.resolve({
        stream: within(file, range),
        mimeType: fields.get('content-type') ?? DEFAULT_TYPE,
        details: async () => {
          await rest(parts);
          return {
            cacheControl: fields.get('cache-control') ?? DEFAULT_CACHE_CONTROL,
            contentEncoding: fields.get('content-encoding'),
            userMetadata: userMetadataOf({ headers: Object.fromEntries(fields) }),
          };
        },
      }),
    );
    return answer(fields.get('success_action_status'), bucket, key, object.metadata?.eTag);
  } catch (error) {
    file.resume();
    throw error;
  }
}

function answer(status: string | undefined, bucket: string, key: string, etag: string | undefined): S3Answer {
  const headers = { etag, location: `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}` };
  if (status === '204') return { status: 204, headers };
  if (status !== '201') return { headers };
  const content = { Location: headers.location, Bucket: bucket, Key: key, ETag: etag };
  return { status: 201, headers, xml: { root: 'PostResponse', content } };
}

/** Names in lower case. @throws StorageError InvalidArgument for a field that comes twice */
function fieldsOf(sent: MultipartFields): [string, string][] {
  const fields = Object.values(sent)
    .flat()
    .flatMap((field) => (field?.type === 'field' ? [field] : []))
    .map(({ fieldname, value }): [string, string] => [fieldname.toLowerCase(), String(value)]);
  if (new Set(fields.map(([name]) => name)).size < fields.length) {
    throw S3_ERRORS.invalidArgument('A field of the form comes twice.');
  }
  return fields;
}

/** The file, as long as it has the size that the policy says. */
function within(file: Readable, { least, most }: SizeRange): Readable {
  async function* counted(): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const piece of piecesOf(file)) {
      size += piece.length;
      if (size > most) throw STORAGE_ERRORS.entityTooLarge();
      yield piece;
    }
    if (size < least) throw S3_ERRORS.entityTooSmall();
  }
  return Readable.from(counted(), { objectMode: false }).on('error', () => undefined);
}
