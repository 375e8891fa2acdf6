import type { Executor } from '../database/executor.ts';
import type { IdentityRow, JsonObject } from './user.types.ts';

/** Links a user to a way of signing in. `data.sub` is the user's id at the provider. */
export async function insertIdentity(
  db: Executor,
  userId: string,
  provider: string,
  data: JsonObject & { sub: string },
): Promise<void> {
  await db.query(
    `insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1, $2, $3, $4, now(), now(), now())`,
    [data.sub, userId, JSON.stringify(data), provider],
  );
}

/** The identity that `provider` knows by `providerId`. */
export async function findIdentity(
  db: Executor,
  provider: string,
  providerId: string,
): Promise<IdentityRow | undefined> {
  const { rows } = await db.query<IdentityRow>(
    'select * from auth.identities where provider = $1 and provider_id = $2',
    [provider, providerId],
  );
  return rows[0];
}

/** Who has identities with one of these addresses, given in lower case. */
export async function listIdentityOwners(
  db: Executor,
  emails: readonly string[],
): Promise<{ user_id: string; provider: string }[]> {
  const { rows } = await db.query<{ user_id: string; provider: string }>(
    'select user_id, provider from auth.identities where email = any($1::text[])',
    [emails],
  );
  return rows;
}

/** Replaces what the provider told us of the user, who just signed in by it. */
export async function replaceIdentityData(db: Executor, id: string, data: JsonObject): Promise<void> {
  await db.query(
    'update auth.identities set identity_data = $2, last_sign_in_at = now(), updated_at = now() where id = $1',
    [id, JSON.stringify(data)],
  );
}

/** Merges `data` into what the provider told us of the user. */
export async function mergeIdentityData(db: Executor, id: string, data: JsonObject): Promise<void> {
  await db.query(
    'update auth.identities set identity_data = identity_data || $2::jsonb, updated_at = now() where id = $1',
    [id, JSON.stringify(data)],
  );
}

/** Removes one way of signing in. */
export async function deleteIdentity(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.identities where id = $1', [id]);
}

/** Removes all identities of the user but one. */
export async function deleteOtherIdentities(db: Executor, userId: string, exceptId: string): Promise<void> {
  await db.query('delete from auth.identities where user_id = $1 and id <> $2', [userId, exceptId]);
}

/** Empties an identity and replaces its provider's id, when the user is deleted softly. */
export async function obfuscateIdentity(db: Executor, id: string, providerId: string): Promise<void> {
  await db.query(`update auth.identities set identity_data = '{}', provider_id = $2 where id = $1`, [
    id,
    providerId,
  ]);
}

/** Names of the providers the user signs in with, the first one first. */
export async function listProviders(db: Executor, userId: string): Promise<string[]> {
  const { rows } = await db.query<{ provider: string }>(
    'select provider from auth.identities where user_id = $1 group by provider order by min(created_at), provider',
    [userId],
  );
  return rows.map((row) => row.provider);
}
