import type { SignedInSession } from '../credentials/signed-in-session.ts';
import { NetworkError } from './errors.ts';
import { readError } from './read-error.ts';
import { pause, retryDelay, type RetryOptions } from './retry.ts';

/** One call, as often as it has to be made. */
export interface Call {
  url: string;
  method: string;
  headers: Headers;
  /** A new body for each attempt; undefined when there is none. */
  body?: () => NonNullable<RequestInit['body']>;
  /** False when the body can be sent only once. */
  repeatable?: boolean;
  /** Made without anybody's token. */
  anonymous?: boolean;
  signal?: AbortSignal | null;
  retry?: RetryOptions;
  /** Keeps a browser's cache out of it; as the server says unless set. */
  cache?: 'no-store';
  /** Sends it; `fetch` unless given. */
  send?: typeof fetch;
}

/** What carries every call: it attaches the token, renews it, waits where the server says so, and throws what was refused. */
export class Transport {
  private readonly session: SignedInSession;
  private readonly fetch: typeof fetch;
  private readonly retry: RetryOptions;

  constructor(session: SignedInSession, fetcher: typeof fetch, retry: RetryOptions) {
    this.session = session;
    this.fetch = fetcher;
    this.retry = retry;
  }

  /**
   * The answer, if it is a success (or 304).
   * @throws ApiError for any other; NetworkError when none came; the signal's reason when it was aborted
   */
  async send(call: Call): Promise<Response> {
    const retry = { ...this.retry, ...call.retry };
    for (let attempt = 1; ; attempt++) {
      const response = await this.sendAsSomebody(call);
      if (response.ok || response.status === 304) return response;
      const wait = call.repeatable === false ? undefined : retryDelay(response, call.method, attempt, retry);
      if (wait === undefined) throw await readError(response);
      await response.body?.cancel();
      await pause(wait, call.signal);
    }
  }

  /** A token that is refused is renewed, once for all calls that wait for it, and the call made again. */
  private async sendAsSomebody(call: Call): Promise<Response> {
    const token = call.anonymous ? undefined : await this.session.accessToken();
    const response = await this.sendOnce(call, token);
    if (response.status !== 401 || token === undefined) return response;
    if (call.repeatable === false) {
      // The body is gone; whoever calls next finds a good token.
      await this.session.renew(token);
      return response;
    }
    await response.body?.cancel();
    return this.sendOnce(call, await this.session.renew(token));
  }

  private async sendOnce(call: Call, token: string | undefined): Promise<Response> {
    const headers = new Headers(call.headers);
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
    const body = call.body?.();
    const init: RequestInit & { duplex?: 'half' } = {
      method: call.method,
      headers,
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' }),
      ...(call.signal && { signal: call.signal }),
      ...(call.cache && { cache: call.cache }),
    };
    try {
      return await (call.send ?? this.fetch)(call.url, init);
    } catch (error) {
      if (call.signal?.aborted) throw error;
      throw new NetworkError(call.url, error);
    }
  }
}
