import { fillPath } from '../client/address.ts';
import type { RetryOptions } from '../client/retry.ts';
import type { Call, Transport } from '../client/transport.ts';
import { counted, type ProgressListener } from './progress.ts';
import { isBrowser, xhrFetch } from './xhr-fetch.ts';

/** Where a stored file is. */
export interface StoredFile {
  id: string | null;
  path: string;
  /** With the bucket. */
  full_path: string;
}

/**
 * What can be uploaded. A function that makes a stream can be called again; a stream is sent once, whatever happens. Browsers
 * send no streams over HTTP/1.1, and most none at all: there it is collected first, as the browser keeps a Blob.
 */
export type FileBody =
  | Blob
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | string
  | ReadableStream<Uint8Array>
  | (() => ReadableStream<Uint8Array>);

export interface FilePlace {
  bucket: string;
  /** In the bucket, with slashes; in `user-files` it begins with the user's id. */
  path: string;
}

interface TransferOptions {
  onProgress?: ProgressListener;
  signal?: AbortSignal;
  retry?: RetryOptions;
}

export interface UploadOptions extends TransferOptions {
  /** The type it is stored as; a Blob's own, or `application/octet-stream`, unless set. */
  contentType?: string;
  /** Replaces what is there; without it, that is a conflict. */
  upsert?: boolean;
  /** Bytes of a stream, for the progress. */
  size?: number;
}

export interface DownloadOptions extends TransferOptions {
  /** The first byte and the one behind the last; without an end, to the end. */
  range?: { start: number; end?: number };
}

/** A file on its way. */
export interface Download {
  /** The bytes, as they come: read it, or cancel it. */
  body: ReadableStream<Uint8Array>;
  /** Bytes of this answer; undefined where the server does not say. */
  size: number | undefined;
  /** Bytes of the whole file, also where only a range of it is coming. */
  total: number | undefined;
  contentType: string;
  etag: string | undefined;
}

const OBJECT = '/api/storage/buckets/{bucket}/objects/{path}';
const CHUNK_BYTES = 65_536;

/** Files, as streams: memory does not grow with them. All else of storage is among the operations. */
export class FileStorage {
  private readonly url: string;
  private readonly transport: Transport;

  constructor(url: string, transport: Transport) {
    this.url = url;
    this.transport = transport;
  }

  /**
   * Stores a file.
   * @throws ConflictError when there is one already; PayloadTooLargeError when its bucket takes no such size
   */
  async upload(place: FilePlace, body: FileBody, options: UploadOptions = {}): Promise<StoredFile> {
    const { upsert = false, onProgress, signal, retry } = options;
    const type = options.contentType ?? (body instanceof Blob && body.type ? body.type : undefined);
    const response = await this.transport.send({
      url: `${this.addressOf(place)}${upsert ? '?upsert=true' : ''}`,
      method: 'POST',
      headers: new Headers({ 'content-type': type ?? 'application/octet-stream' }),
      ...sendingOf(await sendable(body), options.size, onProgress),
      ...(signal && { signal }),
      ...(retry && { retry }),
    });
    return (await response.json()) as StoredFile;
  }

  /** Fetches a file, or a range of it. */
  async download(place: FilePlace, options: DownloadOptions = {}): Promise<Download> {
    const { range, onProgress, signal, retry } = options;
    const last = range?.end === undefined ? '' : String(range.end - 1);
    const { headers, body } = await this.transport.send({
      url: this.addressOf(place),
      method: 'GET',
      headers: new Headers(range && { range: `bytes=${String(range.start)}-${last}` }),
      // Browsers piece ranges together from what they have, also of a file that was replaced meanwhile.
      ...(range && { cache: 'no-store' }),
      ...(signal && { signal }),
      ...(retry && { retry }),
    });
    const size = numberIn(headers.get('content-length'));
    const stream: ReadableStream<Uint8Array> = body ?? new Blob([]).stream();
    return {
      body: onProgress ? counted(stream, size, onProgress) : stream,
      size,
      total: numberIn(/\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]) ?? size,
      contentType: headers.get('content-type') ?? 'application/octet-stream',
      etag: headers.get('etag') ?? undefined,
    };
  }

  private addressOf({ bucket, path }: FilePlace): string {
    return this.url + fillPath(OBJECT, { bucket, path });
  }
}

async function sendable(body: FileBody): Promise<FileBody> {
  const isStream = body instanceof ReadableStream || typeof body === 'function';
  if (!isStream || !isBrowser()) return body;
  const stream = typeof body === 'function' ? body() : body;
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
}

/** How a body is sent: what knows its progress where that is asked for, and can be sent again where that is possible. */
function sendingOf(
  body: FileBody,
  size: number | undefined,
  onProgress: ProgressListener | undefined,
): Pick<Call, 'body' | 'repeatable' | 'send'> {
  if (body instanceof ReadableStream || typeof body === 'function') {
    const open = typeof body === 'function' ? body : () => body;
    return {
      body: onProgress ? () => counted(open(), size, onProgress) : open,
      repeatable: typeof body === 'function',
    };
  }
  if (!onProgress) return { body: () => body };
  const send = xhrFetch(onProgress);
  if (send) return { body: () => body, send };
  const blob = new Blob([body]);
  return { body: () => counted(inChunks(blob), blob.size, onProgress) };
}

/** A Blob's own stream comes in pieces of any size; these are small enough to tell something by. */
function inChunks(blob: Blob): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const chunk = await blob.slice(at, (at += CHUNK_BYTES)).arrayBuffer();
      if (chunk.byteLength > 0) controller.enqueue(new Uint8Array(chunk));
      else controller.close();
    },
  });
}

const numberIn = (text: string | null | undefined): number | undefined =>
  text === null || text === undefined ? undefined : Number(text);
