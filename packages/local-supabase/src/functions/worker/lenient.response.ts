const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/**
 * `new Response('ok', { status: 204 })` throws on Node, and many a function answers preflight requests so. The body is
 * dropped, which is what arrives anyway. A proxy and no subclass: `Response.json()` and what `fetch` returns stay instances.
 */
export const LenientResponse = new Proxy(Response, {
  construct(target, [body, init]: [ConstructorParameters<typeof Response>[0], ResponseInit?]) {
    return new target(NULL_BODY_STATUSES.has(init?.status ?? 200) ? null : body, init);
  },
});
