import type { IncomingHttpHeaders } from 'node:http';

/** What belongs to one connection, and what describes a body that is sent anew. */
const OF_THE_CONNECTION =
  'connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|expect|content-length|content-encoding';

/** Who the caller is, which only we say; and the cookies of this API's own origin. */
const NOT_SENT = new RegExp(
  `^(?:${OF_THE_CONNECTION}|authorization|apikey|cookie|accept-encoding|forwarded|via|x-forwarded-.*|x-real-ip|` +
    `cf-.*|true-client-ip|sb-.*|x-sb-.*|x-region|x-api-key)$`,
  'i',
);

/** What this API says itself, what is about Supabase's gateway, and cookies for this API's own origin. */
const NOT_ANSWERED = new RegExp(
  `^(?:${OF_THE_CONNECTION}|set-cookie|access-control-.*|x-request-id|x-ratelimit-.*|x-credits-.*|` +
    `content-security-policy.*|x-content-type-options|x-frame-options|strict-transport-security|referrer-policy|` +
    `cross-origin-.*|clear-site-data|server|via|alt-svc|x-served-by|x-deno-.*|x-envoy-.*|cf-.*|sb-.*|x-sb-.*|nel|report-to)$`,
  'i',
);

/** What of a request's headers a function gets. The content type of a streamed body is that of `raw`. */
export function headersForFunction(headers: IncomingHttpHeaders): Record<string, string> {
  // A connection may declare further headers to be its own.
  const dropped = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || NOT_SENT.test(name) || dropped.includes(name) ? [] : [[name, String(value)]],
    ),
  );
}

/**
 * What of a function's headers the client gets.
 * @param ours what our own `Vary` says: a cache has to know both
 */
export function headersFromFunction(headers: Headers, ours: unknown): Record<string, string> {
  const passed = Object.fromEntries([...headers].filter(([name]) => !NOT_ANSWERED.test(name)));
  if (passed.vary !== undefined && typeof ours === 'string') passed.vary = `${ours}, ${passed.vary}`;
  return passed;
}
