import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { invalid, invalidFields, unsupportedMediaType } from '../platform/errors/errors.js';

/** A file as it arrives: it is in no memory and on no disk. */
export interface IncomingFile {
  stream: Readable;
  contentType: string;
  contentEncoding?: string | undefined;
  /** In bytes, where the client has said so. */
  size?: number | undefined;
}

const DEFAULT_TYPE = 'application/octet-stream';

/** The type of a part goes on as a header, which takes less than a part may say. */
const SENDABLE = /^[ -~]*$/;

/** What else may be in a form, and is passed over. */
const LIMITS = { fields: 20, fieldSize: 65_536, parts: 50, headerPairs: 50 };

/**
 * The file that a request carries: its body as it is, or the part `file` of a form.
 * @throws AppError `validation` for a form without one, or that is none
 */
export function incomingFile(request: IncomingMessage): Promise<IncomingFile> {
  const { 'content-type': type = DEFAULT_TYPE, 'content-length': length } = request.headers;
  if (/^multipart\/form-data\b/i.test(type)) return fileOfForm(request, type);
  const size = length === undefined ? undefined : Number(length);
  return Promise.resolve({
    stream: request,
    contentType: type,
    contentEncoding: request.headers['content-encoding'],
    size,
  });
}

function fileOfForm(request: IncomingMessage, type: string): Promise<IncomingFile> {
  return new Promise((resolve, reject) => {
    const form = formOf(type);
    let file: Readable | undefined;
    const fail = (cause: unknown): void => {
      request.unpipe(form);
      request.resume();
      // Breaks the upload off, so that nothing half is stored.
      file?.destroy(invalid('The form is not whole.', { cause }));
      reject(invalid('The form is not valid.', { cause }));
    };
    form.on('file', (name, stream, _filename, _encoding, contentType) => {
      // A part that breaks off says so twice, and once by an event that nobody else may hear: that would end the process.
      stream.on('error', () => undefined);
      if (name !== 'file' || file) {
        stream.resume();
        return;
      }
      if (!SENDABLE.test(contentType)) {
        stream.resume();
        reject(unsupportedMediaType());
        return;
      }
      file = stream;
      resolve({ stream, contentType: contentType || DEFAULT_TYPE });
    });
    form.on('error', fail);
    form.on('finish', () => {
      if (!file) reject(invalidFields([{ field: 'file', message: 'file must be a part of the form' }]));
    });
    request.once('aborted', () => fail(new Error('The client went away')));
    request.once('error', fail);
    request.pipe(form);
  });
}

function formOf(type: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': type }, limits: LIMITS });
  } catch (cause) {
    throw invalid('The form is not valid.', { cause });
  }
}
