import type { ProgressListener } from './progress.ts';

/**
 * `fetch` for uploads in a browser that are to be watched: only XMLHttpRequest tells there how much has been sent. Takes the
 * part of `fetch` that the client uses.
 */
export function xhrFetch(onProgress: ProgressListener): typeof fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(init.method ?? 'GET', input instanceof Request ? input.url : input);
      new Headers(init.headers).forEach((value, name) => request.setRequestHeader(name, value));
      request.responseType = 'blob';
      request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
        onProgress({ loaded, total: lengthComputable ? total : undefined });
      request.onload = () => resolve(responseOf(request));
      request.onerror = () => reject(new TypeError('The upload failed'));
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's own
      request.onabort = () => reject(init.signal?.reason);
      if (init.signal?.aborted) request.abort();
      init.signal?.addEventListener('abort', () => request.abort(), { once: true });
      request.send(init.body as XMLHttpRequestBodyInit);
    });
}

function responseOf(request: XMLHttpRequest): Response {
  const lines = request.getAllResponseHeaders().trim().split(/\r?\n/);
  const headers = lines
    .map((line) => line.split(/:\s*(.*)/s))
    .map(([name = '', value = '']): [string, string] => [name, value])
    .filter(([name]) => name !== '');
  const body = [204, 304].includes(request.status) ? null : (request.response as Blob);
  return new Response(body, { status: request.status, statusText: request.statusText, headers });
}
