import type { Executor } from '../database/executor.ts';
import { clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { deleteOtherSessions, deleteSessionsOf } from '../sessions/sessions.repository.ts';
import { listProviders } from './identities.repository.ts';
import { mergeMetadata } from './metadata.ts';
import { updateUser } from './users.repository.ts';
import type { AuthUser } from './user.types.ts';

/** The address is the user's: his open tokens end with that. */
export async function confirmEmail(tx: Executor, user: AuthUser): Promise<void> {
  await updateUser(tx, user.id, {
    confirmation_token: '',
    email_confirmed_at: new Date(),
    raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: true }),
  });
  await clearOneTimeTokens(tx, user.id);
}

/**
 * Ends everything that waits for a code or a link: what was sent to an address that is no longer the user's must not
 * count any more, nor what he wanted to change it to.
 */
export async function clearPending(tx: Executor, userId: string): Promise<void> {
  await updateUser(tx, userId, {
    confirmation_token: '',
    confirmation_sent_at: null,
    recovery_token: '',
    recovery_sent_at: null,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_sent_at: null,
    email_change_confirm_status: 0,
    phone_change: '',
    phone_change_token: '',
    phone_change_sent_at: null,
    reauthentication_token: '',
    reauthentication_sent_at: null,
  });
  await clearOneTimeTokens(tx, userId);
}

/**
 * Stores a new password's hash. Whoever knew the old one loses what he started: open tokens, and all sessions but
 * `keepSession`.
 */
export async function storePassword(
  tx: Executor,
  userId: string,
  hash: string,
  keepSession: string | undefined,
): Promise<void> {
  await updateUser(tx, userId, {
    encrypted_password: hash === '' ? null : hash,
    confirmation_token: '',
    confirmation_sent_at: null,
    recovery_token: '',
    recovery_sent_at: null,
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_sent_at: null,
    phone_change_token: '',
    phone_change_sent_at: null,
    reauthentication_token: '',
    reauthentication_sent_at: null,
  });
  await clearOneTimeTokens(tx, userId);
  if (keepSession === undefined) await deleteSessionsOf(tx, userId);
  else await deleteOtherSessions(tx, userId, keepSession);
}

/** Brings `provider` and `providers` of the app metadata in line with the user's identities. */
export async function syncProviders(tx: Executor, user: AuthUser): Promise<void> {
  const providers = await listProviders(tx, user.id);
  await updateUser(tx, user.id, {
    raw_app_meta_data: mergeMetadata(user.raw_app_meta_data, {
      ...(providers[0] !== undefined && { provider: providers[0] }),
      providers,
    }),
  });
}
