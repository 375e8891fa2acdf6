import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import { unavailable } from '../platform/errors/errors.js';
import { readIntoPassingBuffers } from '../platform/process/passing-buffers.js';
import { FirstAnswer } from './first-answer.js';

/** What is asked of Supabase. */
export interface Asked {
  method: 'GET' | 'HEAD';
  url: string;
  headers: Record<string, string>;
}

/** How long a connection is kept for the next download, where Supabase does not say. */
const KEPT_MS = 30_000;

/** Supabase had closed a kept connection in the meantime: the request has not been looked at. */
const DEAD_CONNECTION = new Set<unknown>(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const HTTP_1 = { allowH2: false };
const connectSecurely = buildConnector(HTTP_1);

/** Its parser hands on the very bytes that were read, where Node's makes a copy of them, in fresh memory again. */
const agent = new Agent({ ...HTTP_1, keepAliveTimeout: KEPT_MS, headersTimeout: 0, connect });

/**
 * Asks for something whose answer is a stream, which has to be read or destroyed. Supabase waits for its reader.
 * @param timeoutMs how long Supabase may be silent while it is its turn
 * @throws AppError `unavailable` when there is no answer
 */
export async function receive(asked: Asked, timeoutMs: number): Promise<Dispatcher.ResponseData> {
  try {
    return await ask(asked, timeoutMs).catch((error: unknown) => {
      if (DEAD_CONNECTION.has((error as NodeJS.ErrnoException).code)) return ask(asked, timeoutMs);
      throw error;
    });
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
}

async function ask({ url, ...asked }: Asked, timeoutMs: number): Promise<Dispatcher.ResponseData> {
  const first = new FirstAnswer(timeoutMs, undefined);
  first.expect();
  try {
    const { signal } = first;
    const answer = await Promise.race([
      request(url, { ...asked, signal, bodyTimeout: timeoutMs, dispatcher: agent }),
      // The client looks at its signal only once it is connected.
      once(signal, 'abort').then(() => Promise.reject(signal.reason as Error)),
    ]);
    // It also breaks when it is destroyed, which nobody else may be there to hear.
    answer.body.on('error', () => undefined);
    return answer;
  } finally {
    first.arrived();
  }
}

/** What comes encrypted comes in pieces of 16 KiB at most, so that nothing is won by other buffers. */
function connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
  if (options.protocol === 'https:') {
    connectSecurely(options, callback);
    return;
  }
  let socket: Socket | null = null;
  const onread = readIntoPassingBuffers((piece) => socket?.push(piece) ?? true);
  buildConnector({ ...HTTP_1, onread })(options, (...connected) => {
    socket = connected[1];
    callback(...connected);
  });
}
