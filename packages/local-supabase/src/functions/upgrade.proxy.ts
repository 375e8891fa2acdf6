import { STATUS_CODES } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RuntimeAnswer } from './errors.ts';
import type { FunctionWorker } from './function.worker.ts';
import type { FunctionLimits } from './limits.ts';

/** The worker was gone before it answered: another one may take the connection. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone';
}

/**
 * Joins a connection that is to be upgraded with the function's worker: what is said on it is theirs.
 * @throws WorkerGone
 */
export async function proxyUpgrade(
  worker: FunctionWorker,
  path: string,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  limits: FunctionLimits,
): Promise<void> {
  const far = connect(worker.socketPath);
  const cut = setTimeout(() => far.destroy(), limits.wallClockMs).unref();
  far.write(`${headOf(request, path)}\r\n\r\n`);
  far.write(head);
  try {
    if (!(await answers(far, socket))) throw new WorkerGone();
  } catch (error) {
    clearTimeout(cut);
    far.destroy();
    throw error;
  }
  try {
    await Promise.all([pipeline(socket, far), pipeline(far, socket)]);
  } catch {
    // Either side may go away at any time.
  } finally {
    clearTimeout(cut);
    far.destroy();
    socket.destroy();
  }
}

/** True once there is something to read; false when the far side ended before. A caller who leaves has had his answer. */
function answers(far: Duplex, caller: Duplex): Promise<boolean> {
  return new Promise((resolve) => {
    far.once('readable', () => resolve(far.readableLength > 0));
    far.once('error', () => resolve(false));
    caller.once('close', () => resolve(true));
  });
}

/** Refuses an upgrade with an answer of the runtime itself. */
export function refuseUpgrade(socket: Duplex, { status, contentType, body }: RuntimeAnswer): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function headOf(request: IncomingMessage, path: string): string {
  const lines = [`${request.method ?? 'GET'} ${path} HTTP/1.1`];
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    lines.push(`${request.rawHeaders[index] ?? ''}: ${request.rawHeaders[index + 1] ?? ''}`);
  }
  return lines.join('\r\n');
}
