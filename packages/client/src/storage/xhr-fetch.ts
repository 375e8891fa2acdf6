import type { ProgressListener } from './progress.ts';

/** The part of XMLHttpRequest that is used, so that the package compiles where there are no types of browsers. */
interface Xhr {
  readonly status: number;
  readonly statusText: string;
  readonly response: Blob;
  readonly upload: { onprogress: (event: Sent) => void };
  responseType: 'blob';
  onload: () => void;
  onerror: () => void;
  onabort: () => void;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: unknown): void;
  abort(): void;
}

interface Sent {
  loaded: number;
  total: number;
  lengthComputable: boolean;
}

/** XMLHttpRequest where there is one: in browsers. */
const constructorOf = (): (new () => Xhr) | undefined =>
  (globalThis as unknown as { XMLHttpRequest?: new () => Xhr }).XMLHttpRequest;

export const isBrowser = (): boolean => constructorOf() !== undefined;

/**
 * `fetch` for uploads in a browser that are to be watched: only XMLHttpRequest tells there how much has been sent. Takes the
 * part of `fetch` that the client uses. Undefined where there is none.
 */
export function xhrFetch(onProgress: ProgressListener): typeof fetch | undefined {
  const XMLHttpRequest = constructorOf();
  if (!XMLHttpRequest) return undefined;
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(init.method ?? 'GET', input instanceof Request ? input.url : String(input));
      new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.responseType = 'blob';
      request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
        onProgress({ loaded, total: lengthComputable ? total : undefined });
      request.onload = () => resolve(responseOf(request));
      request.onerror = () => reject(new TypeError('The upload failed'));
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's own
      request.onabort = () => reject(init.signal?.reason);
      init.signal?.addEventListener('abort', () => request.abort(), { once: true });
      request.send(init.body);
      if (init.signal?.aborted) request.abort();
    });
}

function responseOf(request: Xhr): Response {
  const { status, statusText } = request;
  const lines = request.getAllResponseHeaders().trim().split(/\r?\n/);
  const headers = lines
    .map((line) => line.split(/:\s*(.*)/s))
    .map(([name = '', value = '']): [string, string] => [name, value])
    .filter(([name]) => name !== '');
  const body = status === 204 || status === 304 ? null : request.response;
  return new Response(body, { status, statusText, headers });
}
