import type { MfaConfig } from '../config/mfa-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { AuthUser, FactorRow } from '../users/user.types.ts';
import { getUser, lockUser } from '../users/users.repository.ts';
import { deleteExpiredFactors } from './factors.repository.ts';

/** Seconds that an enrolment may stay unfinished. */
const ENROLLMENT_LIFETIME = 300;
/** GoTrue's limit of verified factors; `config.toml` has no name for it. */
const MAX_VERIFIED = 10;

/** The user who wants another factor, locked, without what he left unfinished long ago. */
export async function userForFactor(tx: Executor, userId: string): Promise<AuthUser> {
  await deleteExpiredFactors(tx, userId, ENROLLMENT_LIFETIME);
  const user = await lockUser(tx, userId);
  if (user === undefined) throw refuse.subjectNotFound();
  return user;
}

/** Refuses a factor beside `factors` whose name is taken, one too many, and one for whom another second factor was not shown. */
export function checkNewFactor(
  factors: readonly FactorRow[],
  friendlyName: string,
  aal: string | null,
  config: MfaConfig,
): void {
  // No name is a name, too: GoTrue lets only one factor go without.
  if (factors.some((factor) => (factor.friendly_name ?? '') === friendlyName)) {
    throw refuse.factorNameTaken(friendlyName);
  }
  const verified = factors.filter((factor) => factor.status === 'verified').length;
  if (factors.length >= config.maxEnrolledFactors || verified >= MAX_VERIFIED) throw refuse.tooManyFactors();
  if (verified > 0 && aal !== 'aal2') {
    throw refuse.insufficientAal('AAL2 required to enroll a new factor', 403);
  }
}

/** Refuses to finish a factor in a session to which none was shown, when another one was finished since it was begun. */
export async function checkUnfinished(tx: Executor, userId: string, aal: string | null): Promise<void> {
  const { factors } = await getUser(tx, userId);
  if (aal !== 'aal2' && factors.some(({ status }) => status === 'verified')) {
    throw refuse.insufficientAal('AAL2 required to enroll a new factor', 403);
  }
}

/** Waits until the factor is stored; another request may have taken its name meanwhile. */
export async function storingFactor(stored: Promise<void>, friendlyName: string): Promise<void> {
  try {
    await stored;
  } catch (error) {
    throw violates(error, 'mfa_factors_user_friendly_name_unique')
      ? refuse.factorNameTaken(friendlyName)
      : error;
  }
}

/** Whether one of the factors, besides recovery codes, would raise a session. */
export function hasUsableFactor(factors: readonly FactorRow[], config: MfaConfig): boolean {
  const usable = {
    totp: config.totpVerify,
    phone: config.phoneVerify,
    webauthn: config.webauthnVerify,
    recovery_code: false,
  };
  return factors.some((factor) => factor.status === 'verified' && usable[factor.factor_type]);
}
