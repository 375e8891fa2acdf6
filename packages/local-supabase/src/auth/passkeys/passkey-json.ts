import type { PasskeyRow } from './passkeys.repository.ts';

/** A passkey's JSON, by GoTrue's names. */
export function passkeyJson(passkey: PasskeyRow): Record<string, unknown> {
  return {
    id: passkey.id,
    ...(passkey.friendly_name !== '' && { friendly_name: passkey.friendly_name }),
    created_at: passkey.created_at,
    ...(passkey.last_used_at !== null && { last_used_at: passkey.last_used_at }),
  };
}
