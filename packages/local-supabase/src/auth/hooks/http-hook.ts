import { setTimeout as delay } from 'node:timers/promises';
import type { Hook } from './hook-config.ts';
import { signedHeaders } from './webhook-signature.ts';

/** How patient hooks over HTTP are called. Milliseconds, except where they count. */
export interface Patience {
  /** For all attempts together. */
  readonly timeout: number;
  readonly attempts: number;
  /** Between two attempts, where nobody answered. */
  readonly pause: number;
}

/** GoTrue's. */
export const PATIENCE: Patience = { timeout: 5_000, attempts: 3, pause: 2_000 };

/** Bytes of an answer; GoTrue's. */
const LONGEST_ANSWER = 200 * 1024;

/**
 * Posts the input, signed, and answers what came back; undefined for an empty 204. A server that says it is busy, and when it
 * will not be, is asked again.
 * @throws Error with the reason, for the log
 */
export async function callHttpHook(
  hook: Hook & { kind: 'http' },
  input: object,
  { timeout, attempts, pause }: Patience = PATIENCE,
): Promise<unknown> {
  const body = JSON.stringify(input);
  const signal = AbortSignal.timeout(timeout);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const response = await post(hook, body, signal).catch(async (error: unknown) => {
      if (signal.aborted) throw new Error(`no answer within ${timeout / 1000} seconds`);
      if (attempt === attempts) throw error;
      await delay(pause, undefined, { signal }).catch(() => undefined);
      return undefined;
    });
    if (response === undefined) continue;
    if (isBusy(response)) {
      await response.body?.cancel();
      continue;
    }
    return readAnswer(response);
  }
  throw new Error(signal.aborted ? `no answer within ${timeout / 1000} seconds` : 'the service is busy');
}

function post(hook: Hook & { kind: 'http' }, body: string, signal: AbortSignal): Promise<Response> {
  return fetch(hook.url, {
    method: 'POST',
    // A redirect would take the codes in the body to somebody else.
    redirect: 'error',
    signal,
    headers: { 'content-type': 'application/json', ...signedHeaders(body, hook.secrets) },
    body,
  });
}

const isBusy = ({ status, headers }: Response): boolean =>
  (status === 429 || status === 503) && headers.has('retry-after');

async function readAnswer(response: Response): Promise<unknown> {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  if (![200, 202, 204].includes(status)) {
    await response.body?.cancel();
    throw new Error(`it answered ${status}`);
  }
  if (status === 204 && type === '') return undefined;
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    await response.body?.cancel();
    throw new Error(`its answer is not application/json but ${type || 'of no type'}`);
  }
  return JSON.parse(await textOf(response)) as unknown;
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.byteLength;
    if (size > LONGEST_ANSWER) throw new Error(`its answer is longer than ${LONGEST_ANSWER} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
