import type { Executor } from '../database/executor.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { insertAuditEntry, type AuditAction, type AuditActor } from './audit.repository.ts';
import type { AuthUser, JsonObject } from './user.types.ts';
import { NIL_UUID } from '../database/executor.ts';

/** Records what a user did. */
export async function auditUser(
  db: Executor,
  info: RequestInfo,
  user: AuthUser,
  action: AuditAction,
  traits?: JsonObject,
): Promise<void> {
  await insertAuditEntry(db, { actor: actorOf(user), action, ip: info.ip, ...(traits && { traits }) });
}

/** Records what an administrator did to a user; {@link traitsOf} him, unless it is told otherwise. */
export async function auditAdmin(
  db: Executor,
  info: RequestInfo,
  role: string,
  action: AuditAction,
  traits: JsonObject,
): Promise<void> {
  await insertAuditEntry(db, {
    actor: { id: NIL_UUID, username: role, viaSso: false },
    action,
    ip: info.ip,
    traits,
  });
}

/** Who a user is, in the log of what administrators did. */
export function traitsOf(user: Pick<AuthUser, 'id' | 'email' | 'phone'>): JsonObject {
  return { user_id: user.id, user_email: user.email ?? '', user_phone: user.phone ?? '' };
}

function actorOf(user: AuthUser): AuditActor {
  const name = user.raw_user_meta_data?.full_name;
  return {
    id: user.id,
    username: (user.phone ?? '') || (user.email ?? ''),
    ...(typeof name === 'string' && name !== '' && { name }),
    viaSso: user.is_sso_user,
  };
}
