import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { rangeNotSatisfiable, unavailable } from '../platform/errors/errors.js';
import { storageError } from './storage-error.js';
import type { SupabaseClients } from './supabase-clients.service.js';
import type { Download, DownloadConditions, FileData } from './supabase-storage.types.js';
import { receive } from './upstream-download.js';
import { send } from './upstream-upload.js';

const DEFAULT_TYPE = 'application/octet-stream';

/** What describes the bytes of a download; everything else is between Supabase and us. */
const DESCRIPTION = [
  'content-type',
  'content-length',
  'content-range',
  'content-encoding',
  'accept-ranges',
  'cache-control',
  'etag',
  'last-modified',
];

/** Refusals are short; no more of one is read. */
const LONGEST_REFUSAL = 65_536;

export interface Upload {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  data: FileData;
  contentType?: string | undefined;
  /** In bytes, where it is known. */
  size?: number | undefined;
  bySignedUrl?: boolean;
}

/** Sends a file. @returns the parsed answer @throws AppError as `storageError` and `send` say */
export async function sendFile(clients: SupabaseClients, upload: Upload): Promise<unknown> {
  const { method, url, headers, data, contentType = DEFAULT_TYPE, bySignedUrl = false } = upload;
  const size = data instanceof Uint8Array ? data.byteLength : upload.size;
  const answer = await send(
    {
      method,
      url,
      headers: {
        ...headers,
        'content-type': contentType,
        ...(size === undefined ? {} : { 'content-length': String(size) }),
      },
      source: data instanceof Uint8Array ? Readable.from([data], { objectMode: false }) : data,
    },
    clients.timeoutMs,
  );
  const text = await textOf(answer, clients.timeoutMs);
  if (answer.statusCode !== 200) throw storageError(answer.statusCode ?? 0, text, { bySignedUrl });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
}

/** Asks for a file. @throws AppError as `storageError` and `receive` say */
export async function receiveFile(
  clients: SupabaseClients,
  method: 'GET' | 'HEAD',
  url: string,
  headers: Record<string, string>,
  conditions: DownloadConditions,
): Promise<Download> {
  const answer = await receive({ method, url, headers: { ...headers, ...conditions } }, clients.timeoutMs);
  const { statusCode: status, body } = answer;
  if (status === 200 || status === 206 || status === 304) {
    return { status, headers: describedBy(answer.headers), stream: body };
  }
  // A refusal of HEAD comes without its reason, and mostly as HTTP 400, whatever it is.
  if (method === 'HEAD' && status < 500) return describedByRefusal(clients, url, headers, conditions);
  const range = answer.headers['content-range'];
  const error = storageError(status, await textOf(body, clients.timeoutMs));
  if (error.kind !== 'range_not_satisfiable' || typeof range !== 'string') throw error;
  throw rangeNotSatisfiable(error.detail, { cause: error.cause, headers: { 'content-range': range } });
}

/** Asks again, by GET, why; and where there is no reason any more, nobody reads the bytes. */
async function describedByRefusal(
  clients: SupabaseClients,
  url: string,
  headers: Record<string, string>,
  conditions: DownloadConditions,
): Promise<Download> {
  const download = await receiveFile(clients, 'GET', url, headers, conditions);
  download.stream.destroy();
  return { ...download, stream: Readable.from([]) };
}

function describedBy(headers: IncomingHttpHeaders): Record<string, string> {
  const known = DESCRIPTION.map((name): [string, unknown] => [name, headers[name]]);
  return Object.fromEntries(known.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** @throws AppError `unavailable` when it breaks off or does not end in time, however steadily it comes */
async function textOf(answer: Readable, timeoutMs: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => answer.destroy(new Error('The answer did not end in time')), timeoutMs);
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > LONGEST_REFUSAL) break;
      pieces.push(piece);
    }
  } catch (cause) {
    throw unavailable(undefined, { cause });
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(pieces).toString('utf8');
}
