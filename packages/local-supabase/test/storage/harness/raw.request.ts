import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { RunningStorage } from './start.storage.ts';

/** Opens a request whose path nothing normalises, as the service role; its body is yours to write. */
export function openRequest(
  storage: RunningStorage,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): ClientRequest {
  const { hostname, port, pathname } = new URL(storage.url);
  return request({
    hostname,
    port,
    path: `${pathname}${path}`,
    method,
    headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}`, ...headers },
  });
}

/** The answer to an open request. */
export function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
  });
}

/** Sends a whole request and reads the whole answer. */
export async function rawRequest(
  storage: RunningStorage,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; body: string }> {
  const outgoing = openRequest(storage, method, path);
  const answer = answerTo(outgoing);
  outgoing.end(body);
  const response = await answer;
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() };
}
