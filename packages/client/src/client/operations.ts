import createFetchClient, { type Client } from 'openapi-fetch';
import type { paths } from '#openapi';
import { OPERATIONS } from '../generated/operations.ts';
import { fillPath } from './address.ts';
import type { CallOptions, OperationId, Operations } from './client.types.ts';
import type { RetryOptions } from './retry.ts';
import type { Transport } from './transport.ts';

/** An operation as it is called. */
interface Known {
  method: string;
  path: string;
  isPublic: boolean;
  answersBytes: boolean;
}

type AnyInput = CallOptions & {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
};

/** The API by paths instead of operations, with the whole response beside the data: for headers, such as `Link`. */
export type HttpClient = Client<paths, 'application/json'>;

/** openapi-fetch over our transport: what it calls is authorised, repeated and refused like everything else. */
export function httpClient(url: string, transport: Transport): HttpClient {
  return createFetchClient<paths, 'application/json'>({
    baseUrl: url,
    // A filter of a table is a parameter of its own, as PostgREST has it: `?id=eq.1`.
    querySerializer: { object: { style: 'form', explode: true } },
    pathSerializer: fillPath,
    fetch: (request) => sendRequest(url, transport, request),
  });
}

/** One function for each operation of the OpenAPI document. */
export function operationsOf(url: string, transport: Transport, http: HttpClient): Operations {
  const entries = Object.keys(OPERATIONS).map((id) => [
    id,
    (input: AnyInput = {}) =>
      call(http, known(id as OperationId), input, (request) =>
        sendRequest(url, transport, request, input.retry),
      ),
  ]);
  return Object.fromEntries(entries) as Operations;
}

async function call(
  http: HttpClient,
  operation: Known,
  { path, query, body, headers, signal }: AnyInput,
  fetch: (request: Request) => Promise<Response>,
): Promise<unknown> {
  const request = http.request as (method: string, path: string, init: object) => Promise<Result>;
  const { data, response } = await request(operation.method.toLowerCase(), operation.path, {
    params: { ...(path && { path }), ...(query && { query }) },
    parseAs: operation.answersBytes ? 'stream' : 'json',
    ...(body !== undefined && { body }),
    ...(headers && { headers }),
    fetch,
    ...(signal && { signal }),
  });
  return operation.answersBytes ? response : data;
}

interface Result {
  data?: unknown;
  response: Response;
}

async function sendRequest(
  url: string,
  transport: Transport,
  request: Request,
  retry?: RetryOptions,
): Promise<Response> {
  // A body of JSON is small; as bytes it can be sent again.
  const bytes = request.body ? await request.arrayBuffer() : undefined;
  return transport.send({
    url: request.url,
    method: request.method,
    headers: request.headers,
    ...(bytes && { body: () => bytes }),
    anonymous: isPublic(request.method, request.url.slice(url.length).replace(/[?#].*$/, '')),
    signal: request.signal,
    ...(retry && { retry }),
  });
}

function known(id: OperationId): Known {
  const [method = '', path = '', ...marks] = OPERATIONS[id].split(' ');
  return { method, path, isPublic: marks.includes('public'), answersBytes: marks.includes('bytes') };
}

const PUBLIC = Object.keys(OPERATIONS)
  .map((id) => known(id as OperationId))
  .filter(({ isPublic }) => isPublic)
  .map(({ method, path }) => new RegExp(`^${method} ${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`));

/** What is public is called without a token: a wrong password must not look like a dead session. */
const isPublic = (method: string, path: string): boolean =>
  PUBLIC.some((pattern) => pattern.test(`${method} ${path}`));
