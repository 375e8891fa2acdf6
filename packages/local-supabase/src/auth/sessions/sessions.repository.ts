import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import { FACTOR_METHODS } from './second-factors.ts';

/** One row of `auth.sessions`. */
export interface SessionRow {
  id: string;
  user_id: string;
  created_at: Date;
  aal: 'aal1' | 'aal2' | 'aal3' | null;
  factor_id: string | null;
  not_after: Date | null;
  refreshed_at: Date | null;
  /** The application whose session it is. */
  oauth_client_id: string | null;
}

/** What an application's session is for. */
export interface OAuthSession {
  readonly clientId: string;
  /** Separated by spaces. */
  readonly scopes: string;
}

/** How and when somebody proved who he is, for the `amr` claim. */
export interface AmrEntry {
  method: string;
  /** Seconds since 1970. */
  timestamp: number;
  /** The organization's identity provider, with `sso/saml`. */
  provider?: string;
}

// GoTrue keeps refreshed_at without a time zone, in UTC.
const COLUMNS = `id, user_id, created_at, aal, factor_id, not_after, refreshed_at at time zone 'utc' as refreshed_at,
  oauth_client_id`;

/** Opens a session and answers its id. */
export async function insertSession(
  db: Executor,
  session: {
    userId: string;
    userAgent: string | null;
    ip: string | null;
    notAfter: Date | null;
    oauth: OAuthSession | undefined;
  },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip, not_after, oauth_client_id, scopes)
     values ($1, $2, now(), now(), 'aal1', $3, $4, $5, $6, $7)`,
    [
      id,
      session.userId,
      session.userAgent,
      session.ip,
      session.notAfter,
      session.oauth?.clientId ?? null,
      session.oauth?.scopes ?? null,
    ],
  );
  return id;
}

export async function findSession(db: Executor, id: string): Promise<SessionRow | undefined> {
  const { rows } = await db.query<SessionRow>(`select ${COLUMNS} from auth.sessions where id = $1`, [id]);
  return rows[0];
}

/** What the application whose session it is may see; undefined for a session of no application. */
export async function findSessionScopes(db: Executor, id: string): Promise<string | undefined> {
  return (await findOAuthSession(db, id))?.scopes;
}

export async function findOAuthSession(db: Executor, id: string): Promise<OAuthSession | undefined> {
  const { rows } = await db.query<OAuthSession>(
    `select oauth_client_id as "clientId", coalesce(scopes, '') as scopes from auth.sessions
     where id = $1 and oauth_client_id is not null`,
    [id],
  );
  return rows[0];
}

/** The session, locked until the transaction ends: two refreshes of one session take turns. */
export async function lockSession(db: Executor, id: string): Promise<SessionRow | undefined> {
  const { rows } = await db.query<SessionRow>(
    `select ${COLUMNS} from auth.sessions where id = $1 for update`,
    [id],
  );
  return rows[0];
}

/** Notes a refresh and from where it came. */
export async function touchSession(
  db: Executor,
  id: string,
  from: { userAgent: string | null; ip: string | null },
): Promise<void> {
  await db.query(
    `update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now(), user_agent = $2, ip = $3
     where id = $1`,
    [id, from.userAgent, from.ip],
  );
}

/** Raises or lowers a session's assurance; `factorId` is the factor that raised it. */
export async function setSessionAal(
  db: Executor,
  id: string,
  aal: 'aal1' | 'aal2',
  factorId: string | null,
): Promise<void> {
  await db.query('update auth.sessions set aal = $2, factor_id = $3, updated_at = now() where id = $1', [
    id,
    aal,
    factorId,
  ]);
}

/** Notes that `method` was used in this session, now. */
export async function addAmrClaim(db: Executor, sessionId: string, method: string): Promise<void> {
  await db.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values ($1, $2, now(), now(), $3)
     on conflict on constraint mfa_amr_claims_session_id_authentication_method_pkey do update set updated_at = now()`,
    [randomUUID(), sessionId, method],
  );
}

/** The methods used in a session, the latest first. */
export async function listAmr(db: Executor, sessionId: string): Promise<AmrEntry[]> {
  const { rows } = await db.query<AmrEntry>(
    `select authentication_method as method, extract(epoch from updated_at)::int as timestamp
     from auth.mfa_amr_claims where session_id = $1 order by updated_at desc, created_at desc`,
    [sessionId],
  );
  return rows;
}

/** Ends the user's sessions that no second factor has raised. */
export async function deleteLesserSessions(db: Executor, userId: string): Promise<void> {
  await db.query(`delete from auth.sessions where user_id = $1 and aal < 'aal2'`, [userId]);
}

/** Lowers the sessions that a factor had raised, once it is gone. */
export async function downgradeSessions(db: Executor, userId: string, factorId: string): Promise<void> {
  await db.query(
    `with lowered as (
       update auth.sessions set aal = 'aal1', factor_id = null, updated_at = now()
       where user_id = $1 and factor_id = $2 returning id)
     delete from auth.mfa_amr_claims
     where session_id in (select id from lowered) and authentication_method = any ($3::text[])`,
    [userId, factorId, Object.values(FACTOR_METHODS)],
  );
}

/** Signs out one session, all sessions of a user, or all but one. Their refresh tokens go with them. */
export async function deleteSession(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.sessions where id = $1', [id]);
}
export async function deleteSessionsOf(db: Executor, userId: string): Promise<void> {
  await db.query('delete from auth.sessions where user_id = $1', [userId]);
}
export async function deleteOtherSessions(db: Executor, userId: string, exceptId: string): Promise<void> {
  await db.query('delete from auth.sessions where user_id = $1 and id <> $2', [userId, exceptId]);
}
