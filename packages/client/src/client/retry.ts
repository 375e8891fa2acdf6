import { retryAfterOf } from './read-error.ts';

/** When a call that was refused with 429 or 503 is made again. */
export interface RetryOptions {
  /** Calls in all, the first included. 3 unless set; 1 never repeats. */
  attempts?: number;
  /** Methods that are repeated. GET and HEAD unless set: the client cannot know what a POST has done already. */
  methods?: readonly string[];
  /** A server that asks to wait longer than this is not waited for: the error is thrown at once. 30 unless set. */
  maxWaitSeconds?: number;
}

const STATUSES = new Set([429, 503]);

/**
 * Milliseconds to wait before the next attempt; undefined when there is none. The server's `Retry-After` decides; where it
 * says nothing, each wait doubles, with a share left to chance so that clients do not come back all at once.
 */
export function retryDelay(
  response: Response,
  method: string,
  attempt: number,
  { attempts = 3, methods = ['GET', 'HEAD'], maxWaitSeconds = 30 }: RetryOptions,
): number | undefined {
  if (!STATUSES.has(response.status) || attempt >= attempts || !methods.includes(method)) return undefined;
  const asked = retryAfterOf(response);
  if (asked !== undefined) return asked <= maxWaitSeconds ? asked * 1_000 : undefined;
  return Math.min(2 ** attempt * 250 * (0.5 + Math.random() / 2), maxWaitSeconds * 1_000);
}

/** Waits, unless the signal ends it; then it throws the signal's reason. */
export function pause(milliseconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      clearTimeout(timer);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's own
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', give);
      resolve();
    }, milliseconds);
    if (signal?.aborted) give();
    else signal?.addEventListener('abort', give, { once: true });
  });
}
