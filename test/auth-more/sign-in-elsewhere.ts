import { randomUUID } from 'node:crypto';
import type { Answer } from '../harness/caller.js';
import { sql } from '../harness/database.js';

/** The cookie that an answer sets, as a browser sends it back; empty when it sets none. */
export const cookieOf = ({ headers }: Answer<unknown>): string =>
  (headers.get('set-cookie') ?? '').replace(/;.*$/s, '');

/**
 * What Supabase does when the provider has sent the browser back: it makes a code for the user, which only the verifier of
 * the challenge in `url` can exchange.
 */
export async function comeBack(url: string, userId: string): Promise<string> {
  const query = new URL(url).searchParams;
  const code = randomUUID();
  await sql(
    `insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       authentication_method, auth_code_issued_at, created_at, updated_at)
     values ($1, $2, $3, 's256', $4, $5, 'oauth', now(), now(), now())`,
    [randomUUID(), userId, code, query.get('code_challenge'), query.get('provider')],
  );
  return code;
}
