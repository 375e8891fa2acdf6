/**
 * What may be logged of an answer: its status and its code. Its words may repeat the request, and with it what is nobody
 * else's business.
 */
export function upstreamFailure(status: number, code?: unknown): Error {
  const known = typeof code === 'string' && /^[\w-]{1,64}$/.test(code) ? `: ${code}` : '';
  return new Error(`Supabase answered ${String(status)}${known}`);
}

/** Whether it is our API key that the gateway refuses, and not the caller: it has words for that, and no code. */
export const isAboutOurKey = (status: number, code: unknown, message: unknown): boolean =>
  status === 401 &&
  (code === undefined || code === '') &&
  typeof message === 'string' &&
  /api ?key/i.test(message);

/**
 * Whether the platform has answered in the place of a service: with 402 it restricts a project that is over its quota, or that nobody
 * has paid for; with 408 it has waited for too long. Neither is about what was asked.
 * https://supabase.com/docs/guides/platform/http-status-codes
 */
export const isOfThePlatform = (status: number): boolean => status === 402 || status === 408;
