import { Agent, request as httpRequest } from 'node:http';
import type {
  ClientRequest,
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream/promises';
import { CORS } from '../gateway/cors.ts';
import { RUNTIME_ANSWERS } from './errors.ts';
import type { RuntimeAnswer } from './errors.ts';
import type { FunctionWorker } from './function.worker.ts';
import type { FunctionLimits } from './limits.ts';

/** Headers that belong to one connection, and are not passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
]);
const SERVED_BY = 'supabase-edge-runtime';
/** The gateway lets scripts of any origin read what a function says, unless the function decides itself. */
const FOR_ANY_ORIGIN = { 'access-control-allow-origin': CORS.origin };

/** Passes a request on to a function's worker and its answer back, both as they flow. */
export async function proxy(
  worker: FunctionWorker,
  path: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  limits: FunctionLimits,
): Promise<void> {
  const caller = new AbortController();
  outgoing.once('close', () => caller.abort());
  const cut = setTimeout(() => caller.abort(), limits.wallClockMs).unref();
  try {
    const { forwarded, answer } = await ask(worker, path, incoming, caller.signal, limits);
    outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, {
      ...FOR_ANY_ORIGIN,
      ...passedOn(answer.headers),
      'x-served-by': SERVED_BY,
    });
    outgoing.flushHeaders();
    await pipeline(answer, outgoing, { signal: caller.signal });
    // A function may answer without having read everything: the caller may say the rest to nobody.
    incoming.unpipe(forwarded);
    incoming.resume();
    forwarded.destroy();
  } catch (error) {
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
    else answerAs(outgoing, error instanceof TimedOut ? RUNTIME_ANSWERS.timedOut : await fate(worker));
  } finally {
    clearTimeout(cut);
  }
}

/** Writes an answer of the runtime itself. */
export function answerAs(outgoing: ServerResponse, { status, contentType, body }: RuntimeAnswer): void {
  outgoing
    .writeHead(status, { ...FOR_ANY_ORIGIN, 'content-type': contentType, 'x-served-by': SERVED_BY })
    .end(body);
}

class TimedOut extends Error {}

function ask(
  worker: FunctionWorker,
  path: string,
  incoming: IncomingMessage,
  signal: AbortSignal,
  limits: FunctionLimits,
): Promise<{ forwarded: ClientRequest; answer: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const headers = { ...passedOn(incoming.headers), ...forwardedHeaders(incoming) };
    const { socketPath } = worker;
    const forwarded = httpRequest({
      socketPath,
      path,
      method: incoming.method,
      headers,
      signal,
      // Kept alive for as long as the answer takes: otherwise the worker closes after it, and an upload that still runs
      // would break the connection before the answer has been read.
      agent: new Agent({ keepAlive: true }),
    });
    const late = setTimeout(() => forwarded.destroy(new TimedOut()), limits.answerMs).unref();
    forwarded.on('response', (answer) => {
      clearTimeout(late);
      resolve({ forwarded, answer });
    });
    forwarded.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    incoming.pipe(forwarded);
  });
}

/** The connection broke: the worker's process says why, a moment later. */
export async function fate(worker: FunctionWorker): Promise<RuntimeAnswer> {
  for (let waited = 0; waited < 20 && !worker.ending; waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return worker.ending ?? RUNTIME_ANSWERS.workerDied;
}

function passedOn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

function forwardedHeaders({ headers, socket }: IncomingMessage): OutgoingHttpHeaders {
  const { host = '' } = headers;
  const addresses = [headers['x-forwarded-for'], socket.remoteAddress].filter((part) => part !== undefined);
  return {
    'x-forwarded-for': addresses.join(', '),
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
    'x-forwarded-port': host.split(':')[1] ?? '80',
  };
}
