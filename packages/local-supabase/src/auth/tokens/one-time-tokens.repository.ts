import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';

/** What a one-time token is for; each user has at most one of each. */
export type TokenType =
  | 'confirmation_token'
  | 'reauthentication_token'
  | 'recovery_token'
  | 'email_change_token_new'
  | 'email_change_token_current'
  | 'phone_change_token';

/** Stores a token's hash, replacing the user's token of the same type. */
export async function putOneTimeToken(
  db: Executor,
  token: { userId: string; type: TokenType; hash: string; relatesTo: string },
): Promise<void> {
  await db.query(
    `insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
     values ($1, $2, $3, $4, $5, now(), now())
     on conflict (user_id, token_type) do update set
       id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
       created_at = excluded.created_at, updated_at = excluded.updated_at`,
    [randomUUID(), token.userId, token.type, token.hash, token.relatesTo.toLowerCase()],
  );
}

/** Whose token of one of `types` has one of `hashes`. */
export async function findTokenOwner(
  db: Executor,
  types: readonly TokenType[],
  hashes: readonly string[],
): Promise<string | undefined> {
  const { rows } = await db.query<{ user_id: string }>(
    `select user_id from auth.one_time_tokens
     where token_hash = any($1::text[]) and token_type = any($2::auth.one_time_token_type[]) limit 1`,
    [hashes, types],
  );
  return rows[0]?.user_id;
}

/** Ends every open token of the user. */
export async function clearOneTimeTokens(db: Executor, userId: string): Promise<void> {
  await db.query('delete from auth.one_time_tokens where user_id = $1', [userId]);
}

/** Ends the user's token of one type. */
export async function clearOneTimeToken(db: Executor, userId: string, type: TokenType): Promise<void> {
  await db.query('delete from auth.one_time_tokens where user_id = $1 and token_type = $2', [userId, type]);
}
