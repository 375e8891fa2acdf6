import type { Backend } from './backend.types.ts';
import { BackendUnreachableError, WrongKeyError } from './connection.errors.ts';
import { supabaseBackend, send } from './supabase.backend.ts';
import { supanestBackend } from './supanest.backend.ts';

/**
 * What answers at a URL, with the key checked.
 * @throws BackendUnreachableError; WrongKeyError
 */
export async function findBackend(url: string, key: string): Promise<Backend> {
  const headers = { apikey: key };
  try {
    const health = await send(`${url}/api/health`, { headers });
    if (await isSupanest(health)) {
      if (health.status === 401) throw new WrongKeyError(url);
      return supanestBackend(url, key);
    }
    const settings = await send(`${url}/auth/v1/settings`, { headers });
    if (settings.status === 401 || settings.status === 403) throw new WrongKeyError(url);
    const said = (await settings.json()) as { external?: unknown };
    if (settings.ok && typeof said.external === 'object') return supabaseBackend(url, key);
    throw new Error(`It answered ${String(settings.status)}`);
  } catch (cause) {
    if (cause instanceof WrongKeyError) throw cause;
    throw new BackendUnreachableError(url, cause);
  }
}

/** By what only a Supanest API answers, whether it takes the key or not. */
async function isSupanest(health: Response): Promise<boolean> {
  const body = (await health.json().catch(() => null)) as { status?: unknown; code?: unknown } | null;
  return body?.status === 'ok' || (health.status === 401 && body?.code === 'AUTHENTICATION_ERROR');
}
