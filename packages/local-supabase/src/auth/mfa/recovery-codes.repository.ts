import { randomUUID } from 'node:crypto';
import { onlyRow, type Executor } from '../database/executor.ts';

/** One row of `auth.mfa_recovery_code_sets`; a user has one at most. */
export interface CodeSetRow {
  id: string;
  mfa_factor_id: string;
  friendly_name: string | null;
  failed_verification_count: number;
  verification_locked_until: Date | null;
}

const SELECT_SET = `
  select s.id, s.mfa_factor_id, f.friendly_name, s.failed_verification_count, s.verification_locked_until
  from auth.mfa_recovery_code_sets s join auth.mfa_factors f on f.id = s.mfa_factor_id where s.user_id = $1`;

/** Makes the factor, which is verified at once, and its set. */
export async function insertCodeSet(
  db: Executor,
  set: { factorId: string; userId: string; friendlyName: string; hashes: readonly string[] },
): Promise<void> {
  await db.query(
    `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at)
     values ($1, $2, $3, 'recovery_code', 'verified', now(), now())`,
    [set.factorId, set.userId, set.friendlyName],
  );
  const id = randomUUID();
  await db.query('insert into auth.mfa_recovery_code_sets (id, user_id, mfa_factor_id) values ($1, $2, $3)', [
    id,
    set.userId,
    set.factorId,
  ]);
  await insertCodes(db, id, set.hashes);
}

export async function findCodeSet(db: Executor, userId: string): Promise<CodeSetRow | undefined> {
  const { rows } = await db.query<CodeSetRow>(SELECT_SET, [userId]);
  return rows[0];
}

/** The user's set, locked until the transaction ends: attempts take turns, so that none is left uncounted. */
export async function lockCodeSet(db: Executor, userId: string): Promise<CodeSetRow | undefined> {
  const { rows } = await db.query<CodeSetRow>(`${SELECT_SET} for update of s`, [userId]);
  return rows[0];
}

/** How many codes the set has, and how many of them nobody has used. */
export async function countCodes(db: Executor, setId: string): Promise<{ total: number; remaining: number }> {
  const { rows } = await db.query<{ total: number; remaining: number }>(
    `select count(*)::int as total, (count(*) filter (where consumed_at is null))::int as remaining
     from auth.mfa_recovery_codes where mfa_recovery_code_set_id = $1`,
    [setId],
  );
  return onlyRow(rows);
}

export async function listUnusedCodes(
  db: Executor,
  setId: string,
): Promise<{ id: string; code_hash: string }[]> {
  const { rows } = await db.query<{ id: string; code_hash: string }>(
    `select id, code_hash from auth.mfa_recovery_codes
     where mfa_recovery_code_set_id = $1 and consumed_at is null order by created_at, id`,
    [setId],
  );
  return rows;
}

/** Uses a code up; false when somebody has done so, or the code was replaced. */
export async function consumeCode(db: Executor, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'update auth.mfa_recovery_codes set consumed_at = now() where id = $1 and consumed_at is null',
    [id],
  );
  return rowCount === 1;
}

/** Puts new codes in the place of the old ones, and opens a set that wrong codes had locked. */
export async function replaceCodes(db: Executor, setId: string, hashes: readonly string[]): Promise<void> {
  await db.query('delete from auth.mfa_recovery_codes where mfa_recovery_code_set_id = $1', [setId]);
  await insertCodes(db, setId, hashes);
  await setFailures(db, setId, 0, null);
}

/** Notes how many wrong codes there were in a row, and until when no code counts. */
export async function setFailures(
  db: Executor,
  setId: string,
  count: number,
  lockedUntil: Date | null,
): Promise<void> {
  await db.query(
    `update auth.mfa_recovery_code_sets
     set failed_verification_count = $2, verification_locked_until = $3, updated_at = now() where id = $1`,
    [setId, count, lockedUntil],
  );
}

async function insertCodes(db: Executor, setId: string, hashes: readonly string[]): Promise<void> {
  await db.query(
    `insert into auth.mfa_recovery_codes (id, mfa_recovery_code_set_id, code_hash)
     select gen_random_uuid(), $1, hash from unnest($2::text[]) as hash`,
    [setId, hashes],
  );
}
