import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import { isNotModified, rangeOf } from '../../http/conditions.ts';
import { validatorsOf } from '../../http/object.headers.ts';
import type { S3Answer, S3Call, S3Operation } from '../s3.operation.ts';
import { mustMatch } from './object.conditions.ts';
import { objectHeaders } from './object.headers.ts';
import { storedObject } from './stored.object.ts';

/** How often an object is looked up again when it is overwritten between its row and its file. */
const ATTEMPTS = 3;

export const getObject: S3Operation = { name: 'storage.s3.object.get', run: read };
export const headObject: S3Operation = { name: 'storage.s3.object.info', run: read };

/** There are no tags. */
export const getObjectTagging: S3Operation = {
  name: 'storage.s3.object.get_tagging',
  run: async (call) => {
    await storedObject(call, call.bucket, call.key);
    return { xml: { root: 'Tagging', content: { TagSet: '' } } };
  },
};

async function read(call: S3Call): Promise<S3Answer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await attemptToRead(call);
    if (answer) return answer;
  }
  throw STORAGE_ERRORS.noSuchFile();
}

/** Undefined where the file is not the row's any more. */
async function attemptToRead(call: S3Call): Promise<S3Answer | undefined> {
  const { request, services, bucket, key } = call;
  const object = await storedObject(call, bucket, key);
  const size = await services.files.sizeOf(object.version);
  if (size === undefined) return undefined;
  const validators = validatorsOf(object);
  mustMatch(request, validators);
  const headers = objectHeaders(object, request.query);
  if (isNotModified(request.headers, validators)) return { status: 304, headers };
  const range = rangeOf(request.headers, size, validators);
  if (range === 'unsatisfiable') throw STORAGE_ERRORS.invalidRange();
  const described = {
    ...headers,
    'content-length': range ? range.end - range.start + 1 : size,
    'content-range': range && `bytes ${range.start}-${range.end}/${size}`,
  };
  const status = range ? 206 : 200;
  if (request.method === 'HEAD') return { status, headers: described };
  const stream = await services.files.read(object.version, range);
  return stream && { status, headers: described, stream };
}
