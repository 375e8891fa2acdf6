import { randomUUID } from 'node:crypto';
import { onlyRow, type Executor } from '../database/executor.ts';

/** One row of `auth.webauthn_credentials`. */
export interface PasskeyRow {
  id: string;
  user_id: string;
  credential_id: Buffer;
  /** COSE. */
  public_key: Buffer;
  /** A bigint, which the driver reads as text. */
  sign_count: string;
  friendly_name: string;
  created_at: Date;
  last_used_at: Date | null;
}

/** What an authenticator made for a user. */
export interface NewPasskey {
  readonly userId: string;
  readonly credentialId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly aaguid: string;
  readonly friendlyName: string;
  readonly signCount: number;
  readonly transports: readonly string[];
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

const COLUMNS = 'id, user_id, credential_id, public_key, sign_count, friendly_name, created_at, last_used_at';

export async function insertPasskey(db: Executor, passkey: NewPasskey): Promise<PasskeyRow> {
  const { rows } = await db.query<PasskeyRow>(
    `insert into auth.webauthn_credentials (user_id, credential_id, public_key, attestation_type, aaguid, sign_count,
       transports, backup_eligible, backed_up, friendly_name)
     values ($1, $2, $3, 'none', $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
    [
      passkey.userId,
      Buffer.from(passkey.credentialId),
      Buffer.from(passkey.publicKey),
      passkey.aaguid,
      passkey.signCount,
      JSON.stringify(passkey.transports),
      passkey.backupEligible,
      passkey.backedUp,
      passkey.friendlyName,
    ],
  );
  return onlyRow(rows);
}

/** The user's passkeys, the oldest first. */
export async function listPasskeys(db: Executor, userId: string): Promise<PasskeyRow[]> {
  const { rows } = await db.query<PasskeyRow>(
    `select ${COLUMNS} from auth.webauthn_credentials where user_id = $1 order by created_at, id`,
    [userId],
  );
  return rows;
}

export async function findPasskeyByCredential(
  db: Executor,
  credentialId: Buffer,
): Promise<PasskeyRow | undefined> {
  const { rows } = await db.query<PasskeyRow>(
    `select ${COLUMNS} from auth.webauthn_credentials where credential_id = $1`,
    [credentialId],
  );
  return rows[0];
}

/** Renames the user's passkey; undefined when it is not his. */
export async function renamePasskey(
  db: Executor,
  userId: string,
  id: string,
  name: string,
): Promise<PasskeyRow | undefined> {
  const { rows } = await db.query<PasskeyRow>(
    `update auth.webauthn_credentials set friendly_name = $3, updated_at = now()
     where id = $2 and user_id = $1 returning ${COLUMNS}`,
    [userId, id, name],
  );
  return rows[0];
}

/** Notes that a passkey was used, and how often by its own count. */
export async function touchPasskey(db: Executor, id: string, signCount: number): Promise<void> {
  await db.query(
    `update auth.webauthn_credentials set sign_count = $2, last_used_at = now(), updated_at = now() where id = $1`,
    [id, signCount],
  );
}

/** Removes the user's passkey; false when it is not his. */
export async function deletePasskey(db: Executor, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'delete from auth.webauthn_credentials where id = $2 and user_id = $1',
    [userId, id],
  );
  return rowCount === 1;
}

/** Removes every passkey of the user. */
export async function deletePasskeysOf(db: Executor, userId: string): Promise<void> {
  await db.query('delete from auth.webauthn_credentials where user_id = $1', [userId]);
}

/** Opens a challenge, and answers its id. Without a user it is for signing in. */
export async function insertPasskeyChallenge(
  db: Executor,
  challenge: { userId: string | null; challenge: string; expiresAt: Date },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [
      id,
      challenge.userId,
      challenge.userId === null ? 'authentication' : 'registration',
      JSON.stringify({ challenge: challenge.challenge }),
      challenge.expiresAt,
    ],
  );
  return id;
}

/** The challenge, which is gone with that: it is answered once, by whom it was made for. */
export async function takePasskeyChallenge(
  db: Executor,
  id: string,
  userId: string | null,
): Promise<{ challenge: string; expires_at: Date } | undefined> {
  const { rows } = await db.query<{ challenge: string; expires_at: Date }>(
    `delete from auth.webauthn_challenges where id = $1 and user_id is not distinct from $2::uuid and challenge_type = $3
     returning session_data ->> 'challenge' as challenge, expires_at`,
    [id, userId, userId === null ? 'authentication' : 'registration'],
  );
  return rows[0];
}
