import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';

/** Keeps the secret of our own PKCE with a provider, and answers where. */
export async function insertClientState(
  db: Executor,
  state: { provider: string; codeVerifier: string },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.oauth_client_states (id, provider_type, code_verifier, created_at)
     values ($1, $2, $3, now())`,
    [id, state.provider, state.codeVerifier],
  );
  return id;
}

/** The secret, which is gone with that. */
export async function takeClientState(db: Executor, id: string): Promise<string | undefined> {
  const { rows } = await db.query<{ code_verifier: string }>(
    'delete from auth.oauth_client_states where id = $1 returning code_verifier',
    [id],
  );
  return rows[0]?.code_verifier;
}
