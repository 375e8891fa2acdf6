import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import { clearOneTimeTokens } from '../tokens/one-time-tokens.repository.ts';
import { findIdentity, insertIdentity, mergeIdentityData } from '../users/identities.repository.ts';
import { updateUser } from '../users/users.repository.ts';
import type { AuthUser, JsonObject } from '../users/user.types.ts';

/** What GoTrue knows of somebody by his phone, as an identity's data. */
export function phoneClaims(userId: string, phone: string, verified = false): JsonObject & { sub: string } {
  return { email_verified: false, phone, phone_verified: verified, sub: userId };
}

/** The number is the user's: his open tokens end with that. */
export async function confirmPhone(tx: Executor, user: AuthUser): Promise<void> {
  await updateUser(tx, user.id, {
    confirmation_token: '',
    phone_confirmed_at: new Date(),
    is_anonymous: false,
  });
  await clearOneTimeTokens(tx, user.id);
}

/** Makes a new number the user's. An anonymous user becomes a permanent one by it. */
export async function applyPhoneChange(tx: Executor, user: AuthUser, phone: string): Promise<void> {
  const identity = await findIdentity(tx, 'phone', user.id);
  if (identity === undefined) await insertIdentity(tx, user.id, 'phone', phoneClaims(user.id, phone, true));
  else await mergeIdentityData(tx, identity.id, { phone, phone_verified: true });
  try {
    await updateUser(tx, user.id, {
      phone,
      phone_change: '',
      phone_change_token: '',
      phone_confirmed_at: new Date(),
      is_anonymous: false,
    });
  } catch (error) {
    throw violates(error, 'users_phone_key') ? refuse.phoneExists() : error;
  }
  await clearOneTimeTokens(tx, user.id);
}
