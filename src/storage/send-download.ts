import type { Readable } from 'node:stream';
import type { ApiReply } from '../platform/http/api-request.js';
import { sendPassed } from '../platform/http/passed-stream.js';
import { hasPassed } from '../platform/process/passing-buffers.js';
import type { Download } from '../supabase/supabase-storage.types.js';

/**
 * Answers with a file as it arrives. The answer waits for its reader, and Supabase for the answer; a reader who goes away
 * ends the download on both sides.
 */
export function sendDownload(reply: ApiReply, download: Download): void {
  const { status, headers, stream } = download;
  if (status === 304) {
    stream.resume();
    void reply.status(status).headers(headers).send();
    return;
  }
  stream.pipe = (target) => pipePassing(stream, target);
  // It may have gone away while Supabase was asked.
  if (reply.raw.destroyed) stream.destroy();
  else sendPassed(reply, download);
}

/** As `pipe`, by which the answer is sent, but each piece is given back once it has been written. */
function pipePassing<T extends NodeJS.WritableStream>(source: Readable, target: T): T {
  source.on('data', (piece: Buffer) => {
    const hasRoom = target.write(piece, (error) => {
      if (!error) hasPassed(piece);
    });
    if (!hasRoom) source.pause();
  });
  source.once('end', () => target.end());
  return target.on('drain', () => source.resume());
}
