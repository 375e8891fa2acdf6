import type { ServerResponse } from 'node:http';

/** Supabase lets a statement end whose client has gone. Here the next one waits for it, so it gets no more than this. */
const GRACE_MS = 500;

/** Aborts a moment after a client has gone without its answer. */
export function whenAbandoned(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (response.writableFinished) return;
    setTimeout(() => controller.abort(), GRACE_MS).unref();
  });
  return controller.signal;
}
