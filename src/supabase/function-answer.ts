import { notFound, rateLimited, unauthenticated, unavailable } from '../platform/errors/errors.js';
import { upstreamFailure } from './upstream-failure.js';

/**
 * What Supabase says where it has no function to ask, or where one did not live to answer.
 * https://supabase.com/docs/guides/functions/error-codes
 */
const DOWN =
  /^(?:BOOT_ERROR|WORKER_(?:ERROR|LIMIT|RESOURCE_LIMIT)|IDLE_TIMEOUT|INVALID_RESPONSE_STATUS_CODE|LOAD_FUNCTION_\w+)$/;
const UNKNOWN = ['NOT_FOUND', 'NOT_FOUND_FUNCTION_BLOB'];
const TOO_MANY = ['TOO_MANY_REQUESTS', 'RATE_LIMIT_EXCEEDED'];

/** With these Supabase says that a function had too much to do, and that the project is paused. */
const USED_UP = 546;
const PAUSED = 540;

/** Statuses with which Supabase itself may answer, or the network before it (520 to 530); anything else is the function's. */
const OF_THE_RUNTIME = new Set([401, 404, 429, 500, 502, 503, 504, PAUSED, USED_UP]);
const isOfTheRuntime = (status: number): boolean =>
  OF_THE_RUNTIME.has(status) || (status >= 520 && status <= 530);

/** What is longer than this was not said by Supabase. */
const LONGEST_BYTES = 2_048;

/**
 * The answer of a function, or the refusal that Supabase has given in its place.
 * @throws AppError as `invokeFunction` says
 */
export async function functionAnswer(response: Response): Promise<Response> {
  if (response.status > 599) throw unavailable(undefined, { cause: upstreamFailure(response.status) });
  if (!isOfTheRuntime(response.status) || !response.body) return response;
  const { text, body } = await beginning(response.body);
  refuse(response, text);
  return new Response(body, response);
}

/** The text of a short body, or what a long one begins with; and the whole body, still to be read. */
async function beginning(
  stream: ReadableStream<Uint8Array>,
): Promise<{ text: string; body: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size <= LONGEST_BYTES) {
    const { value, done } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks.shift() ?? (await reader.read()).value;
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { text, body };
}

function refuse({ status, headers }: Response, text: string): void {
  const said = saidIn(text);
  // A hosted Supabase tells apart by this what it says itself and what the function did.
  const code = headers.get('sb-error-code') ?? said.code;
  const { message } = said;
  const cause = upstreamFailure(status, code);
  if (status === 404 && (text === 'Function not found' || UNKNOWN.includes(code))) {
    throw notFound(message ?? 'Function not found', { cause });
  }
  if (status === 401 && code.startsWith('UNAUTHORIZED_')) throw unauthenticated(message, { cause });
  if (status === 429 && TOO_MANY.includes(code)) throw rateLimited(60, { cause });
  if (DOWN.test(code) || status === USED_UP || status === PAUSED) throw unavailable(undefined, { cause });
  // A page of the gateway, which has not reached anybody.
  if (status >= 502 && /^\s*<(?:!doctype|html)/i.test(text)) throw unavailable(undefined, { cause });
}

/** What Supabase says of itself in JSON: a code for programs, and a reason for people. */
function saidIn(text: string): { code: string; message?: string } {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    return {
      code: typeof code === 'string' ? code : '',
      ...(typeof message === 'string' && message !== '' ? { message } : {}),
    };
  } catch {
    return { code: '' };
  }
}
