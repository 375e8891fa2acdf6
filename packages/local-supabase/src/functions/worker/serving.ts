/** A function's handler, as `Deno.serve` takes it. */
export type Handler = (request: Request, info: ServeInfo) => Response | Promise<Response>;

export interface ServeInfo {
  readonly remoteAddr: { readonly transport: 'tcp'; readonly hostname: string; readonly port: number };
}

export interface ServeOptions {
  readonly handler?: Handler;
  readonly onError?: (error: unknown) => Response | Promise<Response>;
  readonly onListen?: (address: { hostname: string; port: number; transport: 'tcp' }) => void;
}

/** What the function serves with; the last call of `Deno.serve` counts. */
export class Serving {
  #options: ServeOptions | undefined;
  readonly #background = new Set<Promise<unknown>>();

  /** `Deno.serve(handler)`, `Deno.serve(options, handler)` or `Deno.serve({handler})`. */
  serve(first: Handler | ServeOptions, second?: Handler): void {
    const options =
      typeof first === 'function' ? { handler: first } : { ...first, handler: second ?? first.handler };
    if (!options.handler) throw new TypeError('A handler function must be provided.');
    this.#options = options;
    this.#options.onListen?.({ hostname: '0.0.0.0', port: 9999, transport: 'tcp' });
  }

  get isReady(): boolean {
    return this.#options !== undefined;
  }

  /** Runs the handler. What it throws becomes a 500, as on Deno. */
  async answer(request: Request, info: ServeInfo): Promise<Response> {
    const { handler, onError } = this.#options ?? {};
    try {
      const response = await handler?.(request, info);
      if (response instanceof Response) return response;
      throw new TypeError(
        'Return value from serve handler must be a response or a promise resolving to a response',
      );
    } catch (error) {
      if (onError) return await onError(error);
      console.error(error);
      return new Response('Internal Server Error', { status: 500 });
    }
  }

  /** `EdgeRuntime.waitUntil`: the worker lives at least as long as this. */
  waitUntil(work: Promise<unknown>): void {
    this.#background.add(work);
    void work.catch((error: unknown) => console.error(error)).finally(() => this.#background.delete(work));
  }

  /** Resolves when no background work is left. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }
}
