import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { invalid, unavailable } from '../platform/errors/errors.js';
import { releasePassedBytes } from '../platform/process/release-passed-bytes.js';

/** Bytes on their way to Supabase. */
export interface Sent {
  method: 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  /** What is sent, piece by piece, as fast as Supabase takes it. */
  source: Readable;
}

/** What Supabase has to do after the last byte of an upload (sum up, move) takes longer the more there was: so much for a MiB. */
const ANSWER_MS_PER_MIB = 100;
const MIB = 1_048_576;

/**
 * Sends a request whose body is a stream, over a connection of its own, as it cannot be tried again when an old one turns
 * out dead. Node's own client rather than `fetch`: its streams are those of the server, so that bytes pass through without
 * being copied into another kind, and each side waits for the other.
 *
 * A source that breaks off (the client went away) breaks the request off, so that Supabase keeps no half object. Supabase
 * may answer before it has read everything; then nothing more is sent, and the rest of the source is left to its owner.
 * @param timeoutMs how long Supabase may be silent while it is its turn
 * @throws AppError `unavailable` when there is no answer, `validation` when the source broke off
 */
export function send({ method, url, headers, source }: Sent, timeoutMs: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.startsWith('https:') ? httpsRequest : httpRequest)(url, {
      method,
      // A server that is told that the connection will close may close it on refusing an upload, and with it go both the
      // rest of the upload and the reason.
      headers: { ...headers, connection: 'keep-alive' },
      agent: false,
    });
    let response: IncomingMessage | undefined;
    let waiting: NodeJS.Timeout | undefined;

    request.on('response', (answer) => {
      response = answer;
      clearTimeout(waiting);
      if (!source.readableEnded) {
        source.unpipe(request);
        // The rest of the request will never come, so the connection is of no more use.
        answer.once('end', () => request.destroy());
      }
      resolve(answer);
    });
    request.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(waiting);
      if (hasBrokenOff(source)) reject(invalid('The upload was interrupted.', { cause }));
      else reject(unavailable(undefined, { cause }));
      source.unpipe(request);
    });
    // Also of a connection that Supabase makes something else of than HTTP (101) nothing more is heard.
    request.once('close', () => {
      if (response) return;
      clearTimeout(waiting);
      reject(unavailable(undefined, { cause: new Error('Supabase has not answered') }));
      source.unpipe(request);
    });
    const giveUp = (): void => {
      request.destroy(new Error(`Supabase was silent for ${timeoutMs} ms`));
    };
    request.setTimeout(timeoutMs, () => {
      if (isUpstreamsTurn(request, response)) giveUp();
    });
    request.on('finish', () => {
      const sentMib = (request.socket?.bytesWritten ?? 0) / MIB;
      if (!response) waiting = setTimeout(giveUp, timeoutMs + sentMib * ANSWER_MS_PER_MIB);
    });
    releaseAsWritten(request);
    // Not a pipeline, which would end the client's connection together with Supabase's: it still has to carry the answer.
    source.once('close', () => {
      if (hasBrokenOff(source)) request.destroy(new Error('The client went away'));
    });
    source.once('error', (error) => request.destroy(error));
    if (hasBrokenOff(source)) request.destroy(new Error('The client went away'));
    else source.pipe(request);
  });
}

/**
 * Counts what was sent. Not by listening to the source, which would flow on, into nothing, once nobody else listens: an
 * endless one forever.
 */
function releaseAsWritten(request: ClientRequest): void {
  let counted = 0;
  request.on('drain', () => {
    const written = request.socket?.bytesWritten ?? 0;
    releasePassedBytes(written - counted);
    counted = written;
  });
}

const hasBrokenOff = (source: Readable): boolean =>
  source.errored !== null || (source.destroyed && !source.readableEnded);

/** Whether it is Supabase that keeps us waiting, and not the client that sends or reads slowly. */
function isUpstreamsTurn(request: ClientRequest, response: IncomingMessage | undefined): boolean {
  if (response) return response.readableLength < response.readableHighWaterMark;
  return request.writableNeedDrain;
}
