import type { AppError } from '../platform/errors/app-error.js';
import { forbidden, invalid, payloadTooLarge, rateLimited, unavailable } from '../platform/errors/errors.js';
import type { Behind, SupabaseClients } from './supabase-clients.service.js';
import { signedOut } from './upstream-error.js';
import { isAboutOurKey, upstreamFailure } from './upstream-failure.js';

/** One message to a channel. */
export interface Broadcast extends Behind {
  channel: string;
  event: string;
  payload: Readonly<Record<string, unknown>>;
  /** Whether the policies on `realtime.messages` decide who may send and hear it (default false). */
  private?: boolean | undefined;
}

/** Sends one message over HTTP. */
export async function sendBroadcast(
  clients: SupabaseClients,
  realtimeUrl: string,
  { channel, event, payload, private: isPrivate = false, authToken, address }: Broadcast,
): Promise<void> {
  const post = async (path: string, body: unknown): Promise<Response> =>
    clients
      .fetch(`${realtimeUrl}/api/broadcast${path}`, {
        method: 'POST',
        headers: { ...clients.policyHeaders({ authToken, address }), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      .catch((cause: unknown) => {
        throw unavailable(undefined, { cause });
      });
  const batch = (): Promise<Response> =>
    post('', { messages: [{ topic: channel, event, payload, private: isPrivate }] });
  // The batch is accepted also where a policy drops the message; only this way Supabase says so. Older ones lack it, and the
  // gateway of a self-hosted one takes no slash in a channel's name.
  const single = (): Promise<Response> =>
    post(`/${encodeURIComponent(channel)}/events/${encodeURIComponent(event)}?private=true`, payload);

  let response = isPrivate ? await single() : await batch();
  if (isPrivate && (response.status === 404 || (response.status === 400 && /[/\\]/.test(channel)))) {
    await response.body?.cancel();
    response = await batch();
  }
  // Read to its end, so that the connection can be used again.
  const text = await response.text().catch(() => '');
  if (response.status !== 202) throw refusal(response.status, isPrivate, text);
}

function refusal(status: number, isPrivate: boolean, text: string): AppError {
  const cause = upstreamFailure(status);
  const { errors, message } = parsed(text);
  if (isAboutOurKey(status, undefined, message)) return unavailable(undefined, { cause });
  if (isPrivate && (status === 401 || status === 403)) {
    return forbidden('You do not have permission to write to this channel.', { cause });
  }
  if (status === 401 || status === 403) return signedOut(cause);
  if (status === 413 || TOO_LARGE.test(JSON.stringify(errors ?? '')))
    return payloadTooLarge('The message is too large for Supabase.', { cause });
  if (status === 429) return rateLimited(60, { cause });
  // What is wrong with a message is in `errors`; with 422 and a `message` Realtime tells that its own way to Postgres is not there.
  if (status === 400 || (status === 422 && errors !== undefined))
    return invalid('Supabase does not accept this message.', { cause });
  return unavailable(undefined, { cause });
}

const TOO_LARGE = /payload size exceeds/i;

function parsed(text: string): { errors?: unknown; message?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    return {};
  }
}
