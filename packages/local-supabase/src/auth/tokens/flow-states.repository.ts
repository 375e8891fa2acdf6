import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';

/** A PKCE flow that waits for its code to be exchanged. */
export interface FlowStateRow {
  id: string;
  user_id: string | null;
  auth_code: string;
  code_challenge_method: 's256' | 'plain';
  code_challenge: string;
  provider_type: string;
  provider_access_token: string | null;
  provider_refresh_token: string | null;
  authentication_method: string;
  auth_code_issued_at: Date | null;
  created_at: Date;
}

/** Remembers a client's challenge, and answers its id; its code is handed out when the user proved who he is. */
export async function insertFlowState(
  db: Executor,
  flow: {
    /** Null while nobody knows who will sign in. */
    userId: string | null;
    challenge: string;
    method: 's256' | 'plain';
    provider: string;
    authentication: string;
  },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
       provider_access_token, provider_refresh_token, authentication_method, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, '', '', $7, now(), now())`,
    [id, flow.userId, randomUUID(), flow.method, flow.challenge, flow.provider, flow.authentication],
  );
  return id;
}

/** Hands out the code of a flow whose user came back from his provider; undefined unless a flow waits for that. */
export async function completeFlowState(
  db: Executor,
  id: string,
  by: { userId: string; accessToken: string; refreshToken: string },
): Promise<string | undefined> {
  const { rows } = await db.query<{ auth_code: string }>(
    `update auth.flow_state set user_id = $2, provider_access_token = $3, provider_refresh_token = $4,
       auth_code_issued_at = now(), updated_at = now()
     where id = $1 and user_id is null returning auth_code`,
    [id, by.userId, by.accessToken, by.refreshToken],
  );
  return rows[0]?.auth_code;
}

/** The code of the user's latest flow of this kind, issued now; undefined when there is none. */
export async function issueAuthCode(
  db: Executor,
  userId: string,
  authentication: string,
): Promise<string | undefined> {
  const { rows } = await db.query<{ auth_code: string }>(
    `update auth.flow_state set auth_code_issued_at = now(), updated_at = now()
     where id = (select id from auth.flow_state where user_id = $1 and authentication_method = $2
       order by created_at desc limit 1)
     returning auth_code`,
    [userId, authentication],
  );
  return rows[0]?.auth_code;
}

/** The flow with this code, locked until the transaction ends. */
export async function lockFlowState(db: Executor, code: string): Promise<FlowStateRow | undefined> {
  const { rows } = await db.query<FlowStateRow>(
    'select * from auth.flow_state where auth_code = $1 limit 1 for update',
    [code],
  );
  return rows[0];
}

/** Ends a flow: its code, or its state, works once. False when it is over already. */
export async function deleteFlowState(db: Executor, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from auth.flow_state where id = $1', [id]);
  return rowCount === 1;
}
