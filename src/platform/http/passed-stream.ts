import type { Readable } from 'node:stream';
import { unavailable } from '../errors/errors.js';
import type { ApiReply } from './api-request.js';

/** What somebody else answers, to be passed on as it flows. */
export interface PassedAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  stream: Readable;
}

/**
 * Answers with a stream of somebody else's. One that breaks before anything of it was sent is answered as `unavailable`, as
 * it is not our fault, and without what was said about its bytes.
 */
export function sendPassed(reply: ApiReply, { status, headers, stream }: PassedAnswer): void {
  const before = Object.keys(headers).map((name) => [name, reply.getHeader(name)] as const);
  void reply.code(status).headers(headers);
  const destroy = stream._destroy.bind(stream);
  stream._destroy = (error, done) => {
    destroy(error, (cause) => done(cause ? unavailable(undefined, { cause }) : cause));
  };
  stream.once('error', () => {
    if (reply.raw.headersSent) return;
    for (const [name, value] of before) {
      reply.raw.removeHeader(name);
      if (value === undefined) reply.removeHeader(name);
      else void reply.header(name, value);
    }
  });
  void reply.send(stream);
}
