import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import type { OAuthClientRow } from '../oauth-clients/oauth-clients.repository.ts';

/** One row of `auth.oauth_consents` that was not taken back. */
export interface ConsentRow {
  id: string;
  client_id: string;
  /** Separated by spaces. */
  scopes: string;
  granted_at: Date;
}

export async function findConsent(
  db: Executor,
  userId: string,
  clientId: string,
): Promise<ConsentRow | undefined> {
  const { rows } = await db.query<ConsentRow>(
    'select * from auth.oauth_consents where user_id = $1 and client_id = $2 and revoked_at is null',
    [userId, clientId],
  );
  return rows[0];
}

/** Consents of a user with the applications they are for; those of deleted ones are left out. */
export async function listConsents(
  db: Executor,
  userId: string,
): Promise<(ConsentRow & Pick<OAuthClientRow, 'client_name' | 'client_uri' | 'logo_uri'>)[]> {
  const { rows } = await db.query<ConsentRow & OAuthClientRow>(
    `select g.id, g.client_id, g.scopes, g.granted_at, c.client_name, c.client_uri, c.logo_uri
     from auth.oauth_consents g join auth.oauth_clients c on c.id = g.client_id and c.deleted_at is null
     where g.user_id = $1 and g.revoked_at is null order by g.granted_at desc`,
    [userId],
  );
  return rows;
}

export async function putConsent(
  db: Executor,
  consent: { userId: string; clientId: string; scopes: string },
): Promise<void> {
  await db.query(
    `insert into auth.oauth_consents (id, user_id, client_id, scopes) values ($1, $2, $3, $4)
     on conflict on constraint oauth_consents_user_client_unique
     do update set scopes = excluded.scopes, granted_at = now(), revoked_at = null`,
    [randomUUID(), consent.userId, consent.clientId, consent.scopes],
  );
}

/** Takes a consent back, and with it the sessions that came of it. */
export async function revokeConsent(
  db: Executor,
  consent: { id: string; userId: string; clientId: string },
): Promise<void> {
  await db.query('update auth.oauth_consents set revoked_at = now() where id = $1', [consent.id]);
  await db.query('delete from auth.sessions where user_id = $1 and oauth_client_id = $2', [
    consent.userId,
    consent.clientId,
  ]);
}
