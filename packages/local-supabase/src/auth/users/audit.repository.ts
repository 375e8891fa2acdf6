import { randomUUID } from 'node:crypto';
import { NIL_UUID, onlyRow, type Executor } from '../database/executor.ts';
import type { JsonObject } from './user.types.ts';

/** What happened, and GoTrue's group for it (`log_type`). */
export const AUDIT_ACTIONS = {
  login: 'account',
  logout: 'account',
  invite_accepted: 'account',
  user_signedup: 'team',
  user_invited: 'team',
  user_deleted: 'team',
  user_modified: 'user',
  user_recovery_requested: 'user',
  user_reauthenticate_requested: 'user',
  user_confirmation_requested: 'user',
  user_repeated_signup: 'user',
  user_updated_password: 'user',
  identity_linked: 'user',
  identity_unlinked: 'user',
  token_revoked: 'token',
  token_refreshed: 'token',
  factor_in_progress: 'factor',
  factor_unenrolled: 'factor',
  challenge_created: 'factor',
  verification_attempted: 'factor',
  factor_deleted: 'factor',
  factor_updated: 'factor',
  recovery_codes_generated: 'factor',
  recovery_codes_verified: 'factor',
  recovery_codes_regenerated: 'factor',
  recovery_codes_deleted: 'factor',
  passkey_created: 'user',
  passkey_updated: 'user',
  passkey_deleted: 'user',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** Who did something: a user, or an administrator by his role. */
export interface AuditActor {
  id: string;
  username: string;
  name?: string;
  viaSso: boolean;
}

/** One entry of the audit log as the admin API answers it. */
export interface AuditEntry {
  id: string;
  payload: JsonObject;
  created_at: Date;
  ip_address: string;
}

/** Writes what happened beside the change itself, in its transaction. */
export async function insertAuditEntry(
  db: Executor,
  entry: { actor: AuditActor; action: AuditAction; ip: string; traits?: JsonObject },
): Promise<void> {
  const payload = {
    action: entry.action,
    actor_id: entry.actor.id,
    ...(entry.actor.name !== undefined && { actor_name: entry.actor.name }),
    actor_username: entry.actor.username,
    actor_via_sso: entry.actor.viaSso,
    log_type: AUDIT_ACTIONS[entry.action],
    ...(entry.traits && { traits: entry.traits }),
  };
  await db.query(
    `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
     values ('${NIL_UUID}', $1, $2, now(), $3)`,
    [randomUUID(), JSON.stringify(payload), entry.ip],
  );
}

/** One page of entries, newest first. `field` and `value` search in one member of the payload. */
export async function listAuditEntries(
  db: Executor,
  page: { fields: readonly string[]; value: string; limit: number; offset: number },
): Promise<{ entries: AuditEntry[]; total: number }> {
  const where = `($1 = '' or exists (
    select 1 from unnest($2::text[]) as field where payload ->> field ilike '%' || $1 || '%'))`;
  const counted = await db.query<{ total: string }>(
    `select count(*) as total from auth.audit_log_entries where ${where}`,
    [page.value, page.fields],
  );
  const { rows } = await db.query<AuditEntry>(
    `select id, payload, created_at, ip_address from auth.audit_log_entries where ${where}
     order by created_at desc, id limit $3 offset $4`,
    [page.value, page.fields, page.limit, page.offset],
  );
  return { entries: rows, total: Number(onlyRow(counted.rows).total) };
}
