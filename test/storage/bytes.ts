import type { Caller } from '../harness/caller.js';

/** What came of a request with bytes in it. */
export interface Sent {
  status: number;
  headers: Headers;
  bytes: Buffer;
  body: unknown;
}

/** A request whose body, or answer, is no JSON. */
export async function sendBytes(
  caller: Caller,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string | Uint8Array | FormData; headers?: Record<string, string> } = {},
): Promise<Sent> {
  const response = await fetch(`${caller.url}${path}`, {
    method,
    headers: {
      'x-forwarded-for': caller.address,
      ...(caller.token === undefined ? {} : { authorization: `Bearer ${caller.token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    body: isJson && bytes.length > 0 ? (JSON.parse(bytes.toString()) as unknown) : undefined,
  };
}
