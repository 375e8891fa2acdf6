import type { ApiReply } from '../platform/http/api-request.js';
import type { Download } from '../supabase/supabase-storage.types.js';

/**
 * Answers with a file as it arrives. The answer waits for its reader, and Supabase for the answer; a reader who goes away
 * ends the download on both sides.
 */
export function sendDownload(reply: ApiReply, download: Download): void {
  const { status, headers, stream } = download;
  void reply.status(status).headers(headers);
  if (status === 304) {
    stream.resume();
    void reply.send();
    return;
  }
  // It may have gone away while Supabase was asked.
  if (reply.raw.destroyed) stream.destroy();
  else void reply.send(stream);
}
