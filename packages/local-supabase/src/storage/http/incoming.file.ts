import type { MultipartFile, MultipartFields } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import type { FileDetails, IncomingFile } from '../objects/upload.service.ts';
import type { UserMetadata } from '../objects/object.types.ts';
import { mustBeRobotsTag } from './robots.tag.ts';

/** In bytes, of the uploader's own words about an object. */
export const MAX_USER_METADATA = 1024 * 1024;

export const DEFAULT_TYPE = 'application/octet-stream';
export const DEFAULT_CACHE_CONTROL = 'no-cache';

/** The file that a request carries: as its body, or as the first file of a form. @throws StorageError InvalidRequest without one */
export async function incomingFile(request: FastifyRequest): Promise<IncomingFile> {
  return request.isMultipart() ? fileOfForm(request) : fileOfBody(request);
}

function fileOfBody({ raw, headers }: FastifyRequest): IncomingFile {
  const userMetadata = sentMetadata(headers);
  const xRobotsTag = robotsTagOf(headers);
  return {
    stream: raw,
    mimeType: headers['content-type'] ?? DEFAULT_TYPE,
    announcedSize: Number(headers['content-length'] ?? 0),
    contentLength: contentLengthOf(headers),
    userMetadata,
    details: () =>
      Promise.resolve({
        cacheControl: headers['cache-control'] ?? DEFAULT_CACHE_CONTROL,
        userMetadata: userMetadata ?? {},
        contentEncoding: encodingOf(headers['content-encoding']),
        xRobotsTag,
      }),
  };
}

async function fileOfForm(request: FastifyRequest): Promise<IncomingFile> {
  const xRobotsTag = robotsTagOf(request.headers);
  const parts = request.parts();
  const file = await firstFile(parts);
  return {
    stream: file.file,
    mimeType: textField(file.fields, 'contentType') ?? file.mimetype,
    contentLength: contentLengthOf(request.headers),
    userMetadata: metadataField(file.fields),
    details: async () => {
      // Fields may follow the file; an end that is missing means that the form is not whole.
      await rest(parts);
      return { ...detailsOf(file.fields), xRobotsTag };
    },
  };
}

/** The header `x-metadata`: JSON in base64. */
export function sentMetadata(headers: IncomingHttpHeaders): UserMetadata | undefined {
  const metadata = headers['x-metadata'];
  return typeof metadata === 'string' ? readUserMetadata(decodeBase64(metadata)) : undefined;
}

/** In bytes, where the request says so. */
export function contentLengthOf(headers: IncomingHttpHeaders): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** @throws StorageError InvalidRequest for rules that crawlers do not know */
function robotsTagOf(headers: IncomingHttpHeaders): string | undefined {
  const tag = headers['x-robots-tag'];
  if (typeof tag !== 'string' || tag === '') return undefined;
  mustBeRobotsTag(tag);
  return tag;
}

/** The first file of a form, with the fields before it. @throws StorageError InvalidRequest without one */
export async function firstFile(parts: ReturnType<FastifyRequest['parts']>): Promise<MultipartFile> {
  try {
    for (;;) {
      const part = await parts.next();
      if (part.done === true) break;
      if (part.value.type === 'file') return part.value;
    }
  } catch (error) {
    throw STORAGE_ERRORS.noContent(error);
  }
  throw STORAGE_ERRORS.noContent();
}

/** Reads a form to its end: one that is missing means that the form is not whole. @throws StorageError Aborted */
export async function rest(parts: ReturnType<FastifyRequest['parts']>): Promise<void> {
  try {
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) {
      if (part.value.type === 'file') part.value.file.resume();
    }
  } catch (error) {
    throw STORAGE_ERRORS.aborted(error);
  }
}

function detailsOf(fields: MultipartFields): FileDetails {
  const seconds = textField(fields, 'cacheControl');
  return {
    cacheControl: seconds ? `max-age=${seconds}` : DEFAULT_CACHE_CONTROL,
    userMetadata: metadataField(fields) ?? {},
    contentEncoding: encodingOf(textField(fields, 'contentEncoding')),
  };
}

function metadataField(fields: MultipartFields): UserMetadata | undefined {
  const metadata = textField(fields, 'metadata') ?? textField(fields, 'userMetadata');
  return metadata === undefined ? undefined : readUserMetadata(metadata);
}

/** An object of JSON; anything else counts as none, as upstream has it. @throws StorageError EntityTooLarge */
export function readUserMetadata(text: string): UserMetadata {
  if (Buffer.byteLength(text) > MAX_USER_METADATA) throw STORAGE_ERRORS.entityTooLarge('user_metadata');
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as UserMetadata)
      : {};
  } catch {
    return {};
  }
}

/** Decodes what arrives in headers. */
export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

/** `aws-chunked` and `identity` say how bytes travel, not what they are. */
export function encodingOf(value: string | undefined): string | undefined {
  const kept = (value ?? '')
    .split(',')
    .filter((name) => !['', 'identity', 'aws-chunked'].includes(name.trim()));
  return kept.length > 0 ? kept.join(',').trim() : undefined;
}

function textField(fields: MultipartFields, name: string): string | undefined {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const first = Array.isArray(field) ? field[0] : field;
  if (first?.type !== 'field') return undefined;
  // A field that calls itself JSON has been parsed already.
  return typeof first.value === 'string' ? first.value : JSON.stringify(first.value);
}
