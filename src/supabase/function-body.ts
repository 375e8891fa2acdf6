import type { Json } from './rest.types.js';

/** What a function may be sent. */
export type FunctionBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Json | undefined;

/** A body as `fetch` takes it, and its content type where the kind of body says so. */
interface Sendable {
  body: { body?: RequestInit['body']; duplex?: 'half' };
  contentType?: string;
}

/**
 * @param body - to be sent
 * @param sent - called when all of it has gone out, or at once where it is there already
 */
export function functionBody(method: string, body: FunctionBody, sent: () => void): Sendable {
  const hasNone = body === undefined || method === 'GET' || method === 'HEAD';
  if (!hasNone && body instanceof ReadableStream) {
    const watched = body.pipeThrough(new TransformStream<Uint8Array, Uint8Array>({ flush: sent }));
    return { body: { body: watched, duplex: 'half' } };
  }
  sent();
  if (hasNone) return { body: {} };
  if (typeof body === 'string') return { body: { body }, contentType: 'text/plain;charset=UTF-8' };
  if (body instanceof Uint8Array) return { body: { body }, contentType: 'application/octet-stream' };
  return { body: { body: JSON.stringify(body) }, contentType: 'application/json' };
}
