import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { ServeInfo } from './serving.ts';

/** A Node request as the Request a function gets. Its signal is aborted when the caller goes away. */
export function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
  }
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
  const origin = `http://${incoming.headers.host ?? 'localhost'}`;
  // Node takes anything for a host.
  return new Request(`${URL.canParse(origin) ? origin : 'http://localhost'}${incoming.url ?? '/'}`, {
    method,
    headers,
    body,
    signal,
    duplex: 'half',
  });
}

export const remoteOf = (incoming: IncomingMessage): ServeInfo => {
  const forwarded = incoming.headers['x-forwarded-for'];
  const hostname = typeof forwarded === 'string' ? (forwarded.split(',')[0] ?? '').trim() : '127.0.0.1';
  return { remoteAddr: { transport: 'tcp', hostname, port: 0 } };
};

/** Writes a function's Response; its body flows as it is made, no faster than it is read. */
export async function writeResponse(
  response: Response,
  outgoing: ServerResponse,
  isHead: boolean,
): Promise<void> {
  const headers = [...response.headers].filter(([name]) => name !== 'set-cookie');
  outgoing.writeHead(
    response.status,
    response.statusText,
    [...headers, ...response.headers.getSetCookie().map((cookie) => ['set-cookie', cookie] as const)].flat(),
  );
  outgoing.flushHeaders();
  if (!response.body || isHead) {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as NodeReadableStream<Uint8Array>), outgoing);
}
