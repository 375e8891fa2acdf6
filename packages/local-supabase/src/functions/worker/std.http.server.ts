import type { Handler } from './serving.ts';

interface DenoServe {
  readonly Deno: { serve: (options: object, handler: Handler) => { readonly finished: Promise<void> } };
}

/** `https://deno.land/std/http/server.ts`, which older functions import instead of using `Deno.serve`. */
export function serve(handler: Handler, options: object = {}): Promise<void> {
  return (globalThis as unknown as DenoServe).Deno.serve(options, handler).finished;
}
