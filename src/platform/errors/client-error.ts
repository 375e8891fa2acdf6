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
  const { status, headers, body } = renderError(refusalOf(fault), representationOf(pathIn(fault)), id);
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    'x-request-id': id,
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`;
}

function refusalOf(fault: ConnectionFault): AppError {
  if (fault.code === 'ERR_HTTP_REQUEST_TIMEOUT') return requestTimeout({ cause: fault });
  if (fault.code === 'HPE_HEADER_OVERFLOW') return headersTooLarge({ cause: fault });
  return invalid('The request is malformed.', { cause: fault });
}

/** The path of the request line, as far as there is one: it says which representation was asked for. */
function pathIn({ rawPacket }: ConnectionFault): string {
  const bytes = rawPacket instanceof Uint8Array ? rawPacket : Buffer.from(rawPacket?.data ?? []);
  return /^[A-Z]+ (\S+)/.exec(bytes.toString('latin1', 0, 1_024))?.[1] ?? '/';
}
