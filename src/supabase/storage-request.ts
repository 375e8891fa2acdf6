import { unavailable } from '../platform/errors/errors.js';
import { storageError } from './storage-error.js';
import type { SupabaseClients } from './supabase-clients.service.js';

/** One request to Supabase Storage that is not about bytes. */
export interface StorageRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind `/storage/v1`, encoded. */
  path: string;
  body?: object;
  headers: Record<string, string>;
}

/**
 * Sends it. Written here rather than with the client, which puts names into URLs as they are: a `?` or a `..` in one
 * would make another request of it.
 * @returns the parsed answer
 * @throws AppError as `storageError` says; `unavailable` when there is no answer
 */
export async function askStorage(clients: SupabaseClients, request: StorageRequest): Promise<unknown> {
  const { method, path, body, headers } = request;
  let response: Response;
  let text: string;
  try {
    response = await clients.fetch(`${clients.storageUrl}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
  if (!response.ok) throw storageError(response.status, text);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw unavailable(undefined, { cause });
  }
}
