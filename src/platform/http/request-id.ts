import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Letters, digits and a few signs: nothing that could forge a log line or a header. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/;

/** The id a client sent, if it is a sane one; otherwise a new UUID. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && SANE.test(sent) ? sent : randomUUID();
}
