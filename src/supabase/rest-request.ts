import { unavailable } from '../platform/errors/errors.js';
import { restError } from './rest-error.js';
import type { Behind, SupabaseClients } from './supabase-clients.service.js';

/** One request to PostgREST. */
export interface RestRequest extends Behind {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Behind `/rest/v1`, encoded. */
  path: string;
  parameters?: readonly (readonly [string, string])[];
  /** The preferences, as the `Prefer` header has them. */
  prefer?: string;
  body?: unknown;
}

/**
 * Sends it. Written here rather than with the client, as callers name filters in PostgREST's own words, which the
 * client has no way to pass on.
 * @returns the text of the answer, which is JSON, or empty
 * @throws AppError as `restError` says; `unavailable` when there is no answer
 */
export async function askRest(clients: SupabaseClients, request: RestRequest): Promise<string> {
  const { method, path, parameters = [], prefer, body, authToken, address } = request;
  const query = new URLSearchParams(
    parameters.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  let response: Response;
  let text: string;
  try {
    response = await clients.fetch(`${clients.restUrl}${path}${query === '' ? '' : `?${query}`}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(prefer === undefined ? {} : { prefer }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        // Without a token never with an address: that would go with the secret key, which no policy holds back.
        ...clients.headers(authToken === undefined ? {} : { authToken, address }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
  if (response.ok) return text;
  throw restError(response.status, parsedOr(text));
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
