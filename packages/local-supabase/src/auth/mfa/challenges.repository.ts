import { randomUUID } from 'node:crypto';
import { onlyRow, type Executor } from '../database/executor.ts';

/** One row of `auth.mfa_challenges`. */
export interface ChallengeRow {
  id: string;
  created_at: Date;
  verified_at: Date | null;
  ip_address: string;
  /** What was sent to a phone. */
  otp_code: string | null;
}

/** Opens a challenge; `code` is what was sent to a phone. */
export async function insertChallenge(
  db: Executor,
  factorId: string,
  ip: string,
  code: string | null,
): Promise<ChallengeRow> {
  const { rows } = await db.query<ChallengeRow>(
    `insert into auth.mfa_challenges (id, factor_id, created_at, ip_address, otp_code)
     values ($1, $2, now(), $3, $4)
     returning id, created_at, verified_at, host(ip_address) as ip_address, otp_code`,
    [randomUUID(), factorId, ip, code],
  );
  return onlyRow(rows);
}

/** The factor's challenge, locked until the transaction ends: it is answered once. */
export async function lockChallenge(
  db: Executor,
  factorId: string,
  id: string,
): Promise<ChallengeRow | undefined> {
  const { rows } = await db.query<ChallengeRow>(
    `select id, created_at, verified_at, host(ip_address) as ip_address, otp_code from auth.mfa_challenges
     where factor_id = $1 and id = $2 for update`,
    [factorId, id],
  );
  return rows[0];
}

export async function verifyChallenge(db: Executor, id: string): Promise<void> {
  await db.query('update auth.mfa_challenges set verified_at = now() where id = $1', [id]);
}
