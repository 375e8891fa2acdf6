import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';

/** A sign-in that waits for its identity provider. */
export interface RelayState {
  sso_provider_id: string;
  /** The id of the request, which the answer must name. */
  request_id: string;
  redirect_to: string | null;
  flow_state_id: string | null;
  created_at: Date;
}

/** Remembers a sign-in, and answers the id that goes there and back. */
export async function insertRelayState(
  db: Executor,
  state: { providerId: string; requestId: string; redirectTo: string; flowStateId: string | null },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.saml_relay_states (id, sso_provider_id, request_id, redirect_to, flow_state_id, created_at, updated_at)
     values ($1, $2, $3, $4, $5, now(), now())`,
    [id, state.providerId, state.requestId, state.redirectTo, state.flowStateId],
  );
  return id;
}

/** The sign-in, which is over with that: its answer counts once. */
export async function takeRelayState(db: Executor, id: string): Promise<RelayState | undefined> {
  const { rows } = await db.query<RelayState>(
    `delete from auth.saml_relay_states where id = $1
     returning sso_provider_id, request_id, redirect_to, flow_state_id, created_at`,
    [id],
  );
  return rows[0];
}
