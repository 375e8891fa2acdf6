import { unavailable } from '../platform/errors/errors.js';
import type { Behind, SupabaseClients } from './supabase-clients.service.js';
import { upstreamError, type Overrides } from './upstream-error.js';

interface AuthRequest extends Behind {
  overrides?: Overrides;
}

/**
 * One request to Supabase Auth without its client, for what the client does more than was asked for.
 * @returns the parsed body
 * @throws AppError as the functions of `SupabaseAuth` do
 */
export function postToAuth(
  clients: SupabaseClients,
  path: string,
  { body, ...request }: AuthRequest & { body: object },
): Promise<unknown> {
  return ask(clients, path, request, { method: 'POST', body: JSON.stringify(body) });
}

/** As `postToAuth`, for what is only read. */
export function getFromAuth(clients: SupabaseClients, path: string, request: AuthRequest): Promise<unknown> {
  return ask(clients, path, request, { method: 'GET' });
}

async function ask(
  clients: SupabaseClients,
  path: string,
  { overrides, ...behind }: AuthRequest,
  init: RequestInit,
): Promise<unknown> {
  let response: Response;
  let answer: unknown;
  try {
    response = await clients.fetch(`${clients.authUrl}${path}`, {
      ...init,
      headers: {
        'content-type': 'application/json;charset=UTF-8',
        'x-supabase-api-version': '2024-01-01',
        ...clients.headers(behind),
      },
    });
    answer = await response.json();
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
  if (response.ok) return answer;
  throw upstreamError(refusalOf(response.status, answer), overrides);
}

/** The refusal as the client would have made it. With this API version the code is a string; without, a number. */
function refusalOf(status: number, answer: unknown): Error {
  const { code, error_code, msg, message } = (answer ?? {}) as Record<string, unknown>;
  const refusal = new Error([msg, message].find((text) => typeof text === 'string') ?? `HTTP ${status}`);
  refusal.name = 'AuthApiError';
  return Object.assign(refusal, { status, code: typeof code === 'string' ? code : error_code });
}
