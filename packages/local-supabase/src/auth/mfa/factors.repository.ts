import type { Executor } from '../database/executor.ts';
import type { FactorRow } from '../users/user.types.ts';

/** A second factor with what proves it. */
export interface SecretFactor extends FactorRow {
  user_id: string;
  /** Base32. */
  secret: string | null;
}

const COLUMNS = `id, user_id, friendly_name, factor_type, status, phone, secret, created_at, updated_at,
  last_challenged_at, web_authn_aaguid`;

export async function insertTotpFactor(
  db: Executor,
  factor: { id: string; userId: string; friendlyName: string; secret: string },
): Promise<void> {
  await db.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at)
     values ($1, $2, $3, 'totp', 'unverified', $4, now(), now())`,
    [factor.id, factor.userId, factor.friendlyName, factor.secret],
  );
}

export async function insertPhoneFactor(
  db: Executor,
  factor: { id: string; userId: string; friendlyName: string; phone: string },
): Promise<void> {
  await db.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, phone, created_at, updated_at)
     values ($1, $2, $3, 'phone', 'unverified', $4, now(), now())`,
    [factor.id, factor.userId, factor.friendlyName, factor.phone],
  );
}

/** The user's factor, locked until the transaction ends; undefined when it is not his. */
export async function lockFactor(
  db: Executor,
  userId: string,
  id: string,
): Promise<SecretFactor | undefined> {
  const { rows } = await db.query<SecretFactor>(
    `select ${COLUMNS} from auth.mfa_factors where id = $2 and user_id = $1 for update`,
    [userId, id],
  );
  return rows[0];
}

export async function verifyFactor(db: Executor, id: string): Promise<void> {
  await db.query(`update auth.mfa_factors set status = 'verified', updated_at = now() where id = $1`, [id]);
}

export async function renameFactor(db: Executor, id: string, friendlyName: string): Promise<void> {
  await db.query('update auth.mfa_factors set friendly_name = $2, updated_at = now() where id = $1', [
    id,
    friendlyName,
  ]);
}

/** Gives a phone factor another number. */
export async function setFactorPhone(db: Executor, id: string, phone: string): Promise<void> {
  await db.query('update auth.mfa_factors set phone = $2, updated_at = now() where id = $1', [id, phone]);
}

/** Notes a challenge. The column is unique, so the time is Postgres's own, to the microsecond. */
export async function touchFactor(db: Executor, id: string): Promise<void> {
  await db.query('update auth.mfa_factors set last_challenged_at = clock_timestamp() where id = $1', [id]);
}

export async function deleteFactor(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.mfa_factors where id = $1', [id]);
}

/** Removes every second factor of the user. */
export async function deleteFactorsOf(db: Executor, userId: string): Promise<void> {
  await db.query('delete from auth.mfa_factors where user_id = $1', [userId]);
}

/** Removes what the user began to enroll and did not finish. */
export async function deleteUnverifiedFactors(db: Executor, userId: string, type: string): Promise<void> {
  await db.query(
    `delete from auth.mfa_factors where user_id = $1 and factor_type = $2::auth.factor_type and status = 'unverified'`,
    [userId, type],
  );
}

/** Removes the user's unfinished enrolments that are older than `seconds`. */
export async function deleteExpiredFactors(db: Executor, userId: string, seconds: number): Promise<void> {
  await db.query(
    `delete from auth.mfa_factors f where user_id = $1 and status = 'unverified'
       and created_at < now() - make_interval(secs => $2)
       and not exists (select 1 from auth.mfa_challenges c
         where c.factor_id = f.id and c.created_at > now() - make_interval(secs => $2))`,
    [userId, seconds],
  );
}
