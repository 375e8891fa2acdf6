import { ApiError } from '../client/errors.ts';
import { readError } from '../client/read-error.ts';
import type { Backend } from './backend.types.ts';
import { BackendUnreachableError, WrongKeyError } from './connection.errors.ts';
import { supabaseBackend, send } from './supabase.backend.ts';
import { supanestBackend } from './supanest.backend.ts';

/**
 * What answers at a URL, with the key checked.
 * @throws BackendUnreachableError; WrongKeyError; UnavailableError when the key cannot be checked just now
 */
export async function findBackend(url: string, key: string): Promise<Backend> {
  // No header holds anything else, such as the dots of a key that was shortened for people.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new WrongKeyError(url);
  const headers = { apikey: key };
  try {
    const health = await send(`${url}/api/health`, { headers });
    if (await isSupanest(health)) {
      if (health.status === 401) throw new WrongKeyError(url);
      if (!health.ok) throw await readError(health);
      return supanestBackend(url, key);
    }
    const settings = await send(`${url}/auth/v1/settings`, { headers });
    if (settings.status === 401 || settings.status === 403) throw new WrongKeyError(url);
    const said = (await settings.json()) as { external?: unknown };
    if (settings.ok && typeof said.external === 'object') return supabaseBackend(url, key);
    throw new Error(`It answered ${String(settings.status)}`);
  } catch (cause) {
    if (cause instanceof WrongKeyError || cause instanceof ApiError) throw cause;
    throw new BackendUnreachableError(url, cause);
  }
}

const REFUSALS: Readonly<Record<number, string>> = {
  401: 'AUTHENTICATION_ERROR',
  503: 'UPSTREAM_UNAVAILABLE',
};

/** By what only a Supanest API answers, whether it takes the key or not. */
async function isSupanest(health: Response): Promise<boolean> {
  const text: unknown = await health
    .clone()
    .json()
    .catch(() => null);
  const body = text as { status?: unknown; code?: unknown } | null;
  return body?.status === 'ok' || (body?.code !== undefined && REFUSALS[health.status] === body.code);
}
