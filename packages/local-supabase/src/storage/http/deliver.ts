import type { FastifyReply, FastifyRequest } from 'fastify';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileStore } from '../files/file.store.ts';
import type { StoredObject } from '../objects/object.types.ts';
import { isNotModified, rangeOf } from './conditions.ts';
import { describeObject, validatorsOf, type Presentation } from './object.headers.ts';

/** Finds the object again, under the rule of the route. */
export type Locate = () => Promise<StoredObject>;

/** How often an object is looked up again when it is overwritten between its row and its file. */
const ATTEMPTS = 3;

/**
 * Answers with an object's bytes, from disk to socket: whole, a range, only headers (HEAD), or 304.
 * @throws StorageError what `locate` throws, NoSuchKey when the bytes are missing, InvalidRange
 */
export async function deliver(
  request: FastifyRequest,
  reply: FastifyReply,
  files: FileStore,
  locate: Locate,
  presentation: Presentation,
): Promise<FastifyReply> {
  const { object, size } = await present(files, locate, reply);
  const validators = validatorsOf(object);
  describeObject(reply, object, presentation);
  if (isNotModified(request.headers, validators)) return reply.status(304).send();
  const range = rangeOf(request.headers, size, validators);
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${size}`);
    forget(reply);
    throw STORAGE_ERRORS.invalidRange();
  }
  void reply.header('content-length', range ? range.end - range.start + 1 : size);
  if (range) void reply.status(206).header('content-range', `bytes ${range.start}-${range.end}/${size}`);
  if (request.method === 'HEAD') return reply.send();
  const stream = await files.read(object.version, range);
  if (!stream) throw missing(reply);
  return reply.send(stream);
}

/** The object with its file. @throws StorageError NoSuchKey when the file stays missing */
export async function present(
  files: FileStore,
  locate: Locate,
  reply: FastifyReply,
): Promise<{ object: StoredObject; path: string; size: number }> {
  let version: string | null | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const object = await locate();
    const size = await files.sizeOf(object.version);
    if (size !== undefined && object.version !== null) {
      return { object, path: files.pathOf(object.version), size };
    }
    if (object.version === version) break;
    version = object.version;
  }
  throw missing(reply);
}

function missing(reply: FastifyReply): Error {
  forget(reply);
  void reply.header('cache-control', 'no-store');
  return STORAGE_ERRORS.noSuchFile();
}

/** Takes back what was said about an object whose bytes are not served. */
function forget(reply: FastifyReply): void {
  for (const name of [
    'content-type',
    'content-length',
    'content-disposition',
    'content-encoding',
    'cache-control',
    'expires',
    'etag',
    'last-modified',
    'accept-ranges',
    'x-robots-tag',
  ]) {
    reply.removeHeader(name);
  }
}
