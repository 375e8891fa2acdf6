import { refusals } from '../errors/refusals.ts';
import { parseQuery } from '../query/query.parser.ts';
import type { Query } from '../query/query.types.ts';
import { readPreferences } from './preferences.ts';
import type { Preferences } from './preferences.ts';
import type { RestConfig } from '../rest.config.ts';

/** What came over HTTP, as far as REST cares. */
export interface HttpRequest {
  readonly method: string;
  /** Below `/rest/v1`, with the query string, as it arrived. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Aborts when nobody waits for the answer any more. */
  readonly abandoned?: AbortSignal;
}

export type Target =
  | { readonly kind: 'root' }
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'routine'; readonly name: string };

export interface RestRequest {
  readonly method: string;
  readonly target: Target;
  readonly schema: string;
  readonly preferences: Preferences;
  readonly query: Query;
  /** Of a `Range` header: rows, both ends included. */
  readonly range?: { readonly from: number; readonly to?: number };
  readonly http: HttpRequest;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'];

/** @throws RestError */
export function readRequest(http: HttpRequest, { schemas, txOverride }: RestConfig): RestRequest {
  const { method, headers } = http;
  const [path = '', ...search] = http.url.split('?');
  if (!METHODS.includes(method)) throw refusals.method(method);
  const target = readTarget(path);
  const reads = method === 'GET' || method === 'HEAD';
  if (target.kind === 'routine' && !['GET', 'HEAD', 'POST', 'OPTIONS'].includes(method))
    throw refusals.rpcMethod(method);
  if (target.kind === 'root' && !reads && method !== 'OPTIONS') throw refusals.method(method);
  const queryString = search.join('?');
  if (/%00|\0/.test(queryString)) throw refusals.parse('query string', '', 1, '"\\0"', 'text');
  const query = parseQuery(queryString, target.kind === 'routine' && reads);
  const range = method === 'GET' ? readRange(headers.range) : undefined;
  return {
    method,
    target,
    schema: chooseSchema(headers[reads ? 'accept-profile' : 'content-profile'], schemas),
    preferences: readPreferences(headers.prefer, txOverride),
    query,
    http,
    ...(range ? { range } : {}),
  };
}

function readTarget(path: string): Target {
  const parts = path.split('/').slice(1).map(decode);
  const [first = '', second] = parts;
  if (parts.length <= 1 && first === '') return { kind: 'root' };
  if (parts.length === 1) return { kind: 'table', name: first };
  if (parts.length === 2 && first === 'rpc' && second !== undefined) return { kind: 'routine', name: second };
  throw refusals.path();
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refusals.path();
  }
}

/** The first of the exposed schemas is the default. */
function chooseSchema(asked: string | undefined, schemas: readonly string[]): string {
  if (asked === undefined || asked === '') return schemas[0] ?? 'public';
  if (!schemas.includes(asked)) throw refusals.schema(asked, schemas);
  return asked;
}

/** `0-24`, `10-`; anything else is no range. */
function readRange(header: string | undefined): { from: number; to?: number } | undefined {
  const [, from, to] = /^(?:items=)?(\d{1,15})-(\d{1,15})?$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined) return undefined;
  if (to === undefined) return { from: Number(from) };
  if (Number(to) < Number(from)) {
    throw refusals.range(
      'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
    );
  }
  return { from: Number(from), to: Number(to) };
}
