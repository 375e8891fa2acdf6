import type { Executor } from '../database/executor.ts';

/** Removes every second factor of the user. */
export async function deleteFactorsOf(db: Executor, userId: string): Promise<void> {
  await db.query('delete from auth.mfa_factors where user_id = $1', [userId]);
}
