import { NIL_UUID, type Executor } from '../database/executor.ts';

/** One row of `auth.refresh_tokens`. */
export interface RefreshTokenRow {
  id: string;
  token: string;
  user_id: string;
  revoked: boolean;
  parent: string | null;
  session_id: string | null;
  updated_at: Date;
}

export async function insertRefreshToken(
  db: Executor,
  token: { token: string; userId: string; sessionId: string; parent: string | null },
): Promise<void> {
  await db.query(
    `insert into auth.refresh_tokens (instance_id, token, user_id, session_id, parent, revoked, created_at, updated_at)
     values ('${NIL_UUID}', $1, $2, $3, $4, false, now(), now())`,
    [token.token, token.userId, token.sessionId, token.parent],
  );
}

export async function findRefreshToken(db: Executor, token: string): Promise<RefreshTokenRow | undefined> {
  const { rows } = await db.query<RefreshTokenRow>('select * from auth.refresh_tokens where token = $1', [
    token,
  ]);
  return rows[0];
}

/** The token a session refreshes with now: its last one that is not revoked. */
export async function findActiveRefreshToken(
  db: Executor,
  sessionId: string,
): Promise<RefreshTokenRow | undefined> {
  const { rows } = await db.query<RefreshTokenRow>(
    'select * from auth.refresh_tokens where session_id = $1 and revoked is false order by id desc limit 1',
    [sessionId],
  );
  return rows[0];
}

export async function revokeRefreshToken(db: Executor, id: string): Promise<void> {
  await db.query('update auth.refresh_tokens set revoked = true, updated_at = now() where id = $1', [id]);
}

/** Revokes every token of a session, after one of them was used twice. */
export async function revokeTokenFamily(db: Executor, sessionId: string): Promise<void> {
  await db.query(
    'update auth.refresh_tokens set revoked = true, updated_at = now() where session_id = $1 and revoked = false',
    [sessionId],
  );
}
