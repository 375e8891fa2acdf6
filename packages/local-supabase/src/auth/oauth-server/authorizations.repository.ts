import { randomBytes, randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import type { Challenge } from '../tokens/pkce.ts';

/** One row of `auth.oauth_authorizations`: a request of an application, up to the exchange of its code. */
export interface AuthorizationRow {
  id: string;
  authorization_id: string;
  client_id: string;
  user_id: string | null;
  redirect_uri: string;
  scope: string;
  state: string | null;
  resource: string | null;
  code_challenge: string;
  code_challenge_method: string;
  status: 'pending' | 'approved' | 'denied' | 'expired';
  authorization_code: string | null;
  expires_at: Date;
  nonce: string | null;
}

/** What an application asks for. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string;
  readonly resource: string;
  readonly nonce: string;
  readonly challenge: Challenge;
}

/** Seconds from the request to the exchange of its code. */
const LIFETIME = 600;

/** Stores a request and answers the id by which the project's page asks for it. */
export async function insertAuthorization(db: Executor, request: AuthorizationRequest): Promise<string> {
  const authorizationId = randomBytes(20).toString('hex');
  const { clientId, redirectUri, scope, state, resource, nonce, challenge } = request;
  await db.query(
    `insert into auth.oauth_authorizations (id, authorization_id, client_id, redirect_uri, scope, state, resource, nonce,
       code_challenge, code_challenge_method, expires_at)
     values ($1, $2, $3, $4, $5, nullif($6, ''), nullif($7, ''), nullif($8, ''), $9, $10, now() + make_interval(secs => $11))`,
    [
      randomUUID(),
      authorizationId,
      clientId,
      redirectUri,
      scope,
      state,
      resource,
      nonce,
      challenge.challenge,
      challenge.method,
      LIFETIME,
    ],
  );
  return authorizationId;
}

/** The request, locked: two decisions of one request take turns. */
export async function lockAuthorization(db: Executor, id: string): Promise<AuthorizationRow | undefined> {
  const { rows } = await db.query<AuthorizationRow>(
    'select * from auth.oauth_authorizations where authorization_id = $1 for update',
    [id],
  );
  return rows[0];
}

/** Gives a request to the user who has opened it. */
export async function assignAuthorization(db: Executor, id: string, userId: string): Promise<void> {
  await db.query('update auth.oauth_authorizations set user_id = $2 where id = $1', [id, userId]);
}

/** Approves a request and answers the code for its application. */
export async function approveAuthorization(db: Executor, id: string): Promise<string> {
  const code = randomBytes(32).toString('base64url');
  await db.query(
    `update auth.oauth_authorizations set status = 'approved', authorization_code = $2, approved_at = now() where id = $1`,
    [id, code],
  );
  return code;
}

export async function endAuthorization(
  db: Executor,
  id: string,
  status: 'denied' | 'expired',
): Promise<void> {
  await db.query('update auth.oauth_authorizations set status = $2 where id = $1', [id, status]);
}

/** The request of a code, locked. */
export async function lockAuthorizationByCode(
  db: Executor,
  code: string,
): Promise<AuthorizationRow | undefined> {
  const { rows } = await db.query<AuthorizationRow>(
    `select * from auth.oauth_authorizations where authorization_code = $1 and status = 'approved' for update`,
    [code],
  );
  return rows[0];
}

export async function deleteAuthorization(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.oauth_authorizations where id = $1', [id]);
}
