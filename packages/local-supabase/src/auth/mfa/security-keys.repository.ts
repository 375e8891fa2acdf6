import { randomUUID } from 'node:crypto';
import { onlyRow, type Executor } from '../database/executor.ts';

/** What a security key must sign, as `web_authn_session_data` keeps it. */
export interface KeyCeremony {
  /** `create` for a key that is new, `request` for one that is known. */
  readonly type: 'create' | 'request';
  /** Base64url. */
  readonly challenge: string;
  readonly rpId: string;
  readonly rpOrigins: readonly string[];
}

/** An open challenge of a security key. */
export interface KeyChallengeRow extends KeyCeremony {
  readonly id: string;
  readonly created_at: Date;
  readonly ip_address: string;
}

/** The key of a verified factor, as `web_authn_credential` keeps it: go-webauthn's JSON, bytes as base64. */
export interface KeyCredential {
  readonly id: string;
  readonly publicKey: string;
  readonly attestationType: string;
  readonly transport: readonly string[];
  readonly flags: { readonly backupEligible: boolean; readonly backupState: boolean };
  readonly authenticator: { readonly AAGUID: string; readonly signCount: number };
}

export async function insertKeyFactor(
  db: Executor,
  factor: { id: string; userId: string; friendlyName: string },
): Promise<void> {
  await db.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at)
     values ($1, $2, $3, 'webauthn', 'unverified', now(), now())`,
    [factor.id, factor.userId, factor.friendlyName],
  );
}

export async function insertKeyChallenge(
  db: Executor,
  factorId: string,
  ip: string,
  ceremony: KeyCeremony,
): Promise<{ id: string; created_at: Date }> {
  const { rows } = await db.query<{ id: string; created_at: Date }>(
    `insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, web_authn_session_data)
     values ($1, $2, now(), $3, $4) returning id, created_at`,
    [randomUUID(), factorId, ip, JSON.stringify(ceremony)],
  );
  return onlyRow(rows);
}

export async function findKeyChallenge(
  db: Executor,
  factorId: string,
  id: string,
): Promise<KeyChallengeRow | undefined> {
  const { rows } = await db.query<Omit<KeyChallengeRow, keyof KeyCeremony> & { ceremony: KeyCeremony }>(
    `select id, created_at, host(ip_address) as ip_address, web_authn_session_data as ceremony
     from auth.mfa_challenges where factor_id = $1 and id = $2 and web_authn_session_data is not null`,
    [factorId, id],
  );
  return rows[0] && { ...rows[0], ...rows[0].ceremony };
}

/** Uses a challenge up; false when it was. */
export async function takeKeyChallenge(db: Executor, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from auth.mfa_challenges where id = $1', [id]);
  return rowCount === 1;
}

/** The keys of the user's verified factors. */
export async function listKeys(
  db: Executor,
  userId: string,
): Promise<{ factor_id: string; credential: KeyCredential }[]> {
  const { rows } = await db.query<{ factor_id: string; credential: KeyCredential }>(
    `select id as factor_id, web_authn_credential as credential from auth.mfa_factors
     where user_id = $1 and status = 'verified' and web_authn_credential is not null order by created_at, id`,
    [userId],
  );
  return rows;
}

/** Keeps the key of a factor, which is verified by that, and how often it has signed; false when the factor is gone. */
export async function saveKey(db: Executor, factorId: string, credential: KeyCredential): Promise<boolean> {
  const { rowCount } = await db.query(
    `update auth.mfa_factors
     set status = 'verified', web_authn_credential = $2, web_authn_aaguid = $3, updated_at = now() where id = $1`,
    [factorId, JSON.stringify(credential), credential.authenticator.AAGUID],
  );
  return rowCount === 1;
}
