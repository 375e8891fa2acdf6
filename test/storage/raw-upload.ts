import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Caller } from '../harness/caller.js';

/** An upload that is sent piece by piece, in the test's own time. */
export function beginUpload(
  caller: Caller,
  path: string,
  headers: Record<string, string> = {},
): ClientRequest {
  const upload = request(`${caller.url}${path}`, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${caller.token ?? ''}`, 'x-forwarded-for': caller.address, ...headers },
  });
  upload.on('error', () => undefined);
  return upload;
}

/**
 * Sends `pieces` times the same piece and then the tail, no faster than it is taken and until it is answered; answers the
 * response.
 */
export async function sendPieces(
  upload: ClientRequest,
  piece: Buffer,
  pieces: number,
  tail = '',
): Promise<IncomingMessage> {
  const response = once(upload, 'response') as Promise<[IncomingMessage]>;
  let left = pieces;
  void response.then(() => (left = 0));
  for (; left > 0; left -= 1) {
    if (!upload.write(piece)) await Promise.race([once(upload, 'drain'), response]);
  }
  upload.end(tail);
  const [answer] = await response;
  answer.resume();
  return answer;
}
