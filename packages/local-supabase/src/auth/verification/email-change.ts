import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import { addEmailIdentity } from '../signup/new-user.ts';
import { matchesToken } from '../tokens/one-time-code.ts';
import { clearOneTimeToken, clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { findIdentity, mergeIdentityData } from '../users/identities.repository.ts';
import { mergeMetadata } from '../users/metadata.ts';
import { findEmailOwner, updateUser } from '../users/users.repository.ts';
import type { AuthUser, UserChanges } from '../users/user.types.ts';

/** Notes the first of two confirmations; the other address still has to confirm. */
export async function confirmOneSide(tx: Executor, user: AuthUser, hash: string): Promise<void> {
  const side = matchesToken(hash, user.email_change_token_current)
    ? 'email_change_token_current'
    : 'email_change_token_new';
  await updateUser(tx, user.id, { email_change_confirm_status: 1, [side]: '' });
  await clearOneTimeToken(tx, user.id, side);
}

/** Makes the new address the user's. An anonymous user becomes a permanent one by it. */
export async function applyEmailChange(tx: Executor, user: AuthUser, newEmail: string): Promise<void> {
  if ((await findEmailOwner(tx, newEmail, user.aud, user.id)) !== undefined) throw refuse.emailExists();
  const identity = await findIdentity(tx, 'email', user.id);
  if (identity === undefined) await addEmailIdentity(tx, user.id, newEmail, true);
  else await mergeIdentityData(tx, identity.id, { email: newEmail, email_verified: true });
  const changes: UserChanges = {
    email: newEmail,
    email_change: '',
    email_change_token_current: '',
    email_change_token_new: '',
    email_change_confirm_status: 0,
    is_anonymous: false,
    ...(user.email_confirmed_at === null && {
      email_confirmed_at: new Date(),
      confirmation_token: '',
      raw_user_meta_data: mergeMetadata(user.raw_user_meta_data, { email_verified: true }),
    }),
  };
  try {
    await updateUser(tx, user.id, changes);
  } catch (error) {
    throw violates(error, 'users_email_partial_key') ? refuse.emailExists() : error;
  }
  await clearOneTimeTokens(tx, user.id);
}
