import type { Credentials, CredentialsManager } from '../credentials/credentials.types.ts';
import { MemoryCredentialsManager } from '../credentials/memory.manager.ts';
import { SignedInSession } from '../credentials/signed-in-session.ts';
import { Realtime } from '../realtime/realtime.ts';
import { FileStorage } from '../storage/storage.ts';
import { baseUrlOf } from './address.ts';
import type { Operations } from './client.types.ts';
import { httpClient, operationsOf, type HttpClient } from './operations.ts';
import type { RetryOptions } from './retry.ts';
import { ClientSession } from './session.ts';
import { Transport } from './transport.ts';

export interface ClientOptions {
  /** Where the API is: `https://api.example.com`. */
  url: string;
  /** Where the session is remembered; in memory unless set. */
  credentials?: CredentialsManager;
  /** Under which id; the URL unless set. One for each user where one manager serves many. */
  id?: string;
  retry?: RetryOptions;
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** In place of the global one. */
  fetch?: typeof fetch;
}

/** What a client has besides the operations. */
export interface ClientParts {
  /** Without a slash at its end. */
  readonly url: string;
  readonly session: ClientSession;
  /** The same API by paths, with the whole response: `client.http.GET('/api/users', …)`. */
  readonly http: HttpClient;
  readonly realtime: Realtime;
  readonly storage: FileStorage;
}

/** Every operation of the API as a function, and the parts. */
export type SupanestClient = Operations & ClientParts;

/**
 * A client of a Supanest API.
 * @throws TypeError for a URL that is none
 */
export function createClient({
  url,
  credentials = new MemoryCredentialsManager(),
  id,
  retry = {},
  headers = {},
  fetch: fetcher = (input, init) => fetch(input, init),
}: ClientOptions): SupanestClient {
  const base = baseUrlOf(url);
  const withHeaders: typeof fetch = (input, init) =>
    fetcher(input, { ...init, headers: merge(headers, init) });
  const remembered = new SignedInSession(credentials, id ?? base, (token) => refresh(http, token));
  const transport = new Transport(remembered, withHeaders, retry);
  const http = httpClient(base, transport);
  return {
    ...operationsOf(base, transport, http),
    url: base,
    http,
    session: new ClientSession(remembered, http),
    realtime: new Realtime(base, transport, http, remembered),
    storage: new FileStorage(base, transport),
  };
}

async function refresh(http: HttpClient, refreshToken: string): Promise<Credentials> {
  const { data } = await http.POST('/api/auth/refresh', { body: { refresh_token: refreshToken } });
  if (!data) throw new TypeError('The server answered without a body');
  return { accessToken: data.access_token, refreshToken: data.refresh_token };
}

/** Those of the call win. */
function merge(own: Record<string, string>, init: RequestInit | undefined): Headers {
  const headers = new Headers(own);
  new Headers(init?.headers).forEach((value, name) => headers.set(name, value));
  return headers;
}
