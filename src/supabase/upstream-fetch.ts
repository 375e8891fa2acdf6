/** `fetch` as the Supabase clients take it. */
export type Fetch = typeof fetch;

/**
 * Node's own `fetch` (which keeps connections alive) with the two bounds an upstream needs: an answer has arrived
 * completely within `timeoutMs`, and a redirect is never followed, as keys and tokens would go along to wherever it
 * points.
 */
export function upstreamFetch(timeoutMs: number): Fetch {
  return (input, init) =>
    fetch(input, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
}
