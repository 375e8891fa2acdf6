import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { representationOf } from '../http/representation.js';
import { headersTooLarge, invalid, requestTimeout } from './errors.js';
import type { AppError } from './app-error.js';
import { renderError } from './render-error.js';

/** What Node tells of bytes that are no HTTP. */
interface ConnectionFault extends Error {
  code?: string;
  /** What had arrived, if anything. */
  rawPacket?: Buffer | { data: readonly number[] };
  /** How much of that was understood. */
  bytesParsed?: number;
}

/**
 * Answers what could not be read as a request at all (a bad request line or header, too many bytes of them, a chunk of
 * a wrong size, a request that never ends), in the shape of every other refusal, and closes the connection.
 */
export function answerClientError(fault: ConnectionFault, socket: Socket): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable && !answerHasBegun(socket)) socket.write(responseTo(fault));
  socket.destroy(fault);
}

/** An answer that is on its way over this connection must not have another one in its middle. */
function answerHasBegun(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: { headersSent: boolean } | null };
  return answer?.headersSent ?? false;
}

function responseTo(fault: ConnectionFault): string {
  const id = randomUUID();
  const { method, path } = requestIn(fault);
  const { status, headers, body } = renderError(refusalOf(fault), representationOf(path), id);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    'x-request-id': id,
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : text}`;
}

function refusalOf(fault: ConnectionFault): AppError {
  if (fault.code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout({ cause: fault });
  if (fault.code === 'HPE_HEADER_OVERFLOW') return headersTooLarge({ cause: fault });
  return invalid('The request is malformed.', { cause: fault });
}

/**
 * What the request line says that was read last, as far as there is one: its path says which representation was asked for,
 * and the answer to a HEAD has no body.
 */
function requestIn({ rawPacket, bytesParsed = 0 }: ConnectionFault): { method: string; path: string } {
  const bytes = rawPacket instanceof Uint8Array ? rawPacket : Buffer.from(rawPacket?.data ?? []);
  const lines = [...bytes.toString('latin1').matchAll(/(?:^|\r\n\r\n)([A-Z]+) (\S+)/g)];
  const [, method = '', path = '/'] = lines.findLast(({ index }) => index <= bytesParsed) ?? [];
  return { method, path };
}
