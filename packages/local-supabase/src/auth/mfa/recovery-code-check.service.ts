import type { Database } from '../../context.ts';
import type { RecoveryCodesConfig } from '../config/mfa-config.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { TokenResponse } from '../sessions/session-issuer.ts';
import { deleteSessionsOf } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { isRecoveryCode, normalizeRecoveryCode } from './recovery-code.ts';
import {
  consumeCode,
  countCodes,
  findCodeSet,
  listUnusedCodes,
  lockCodeSet,
  setFailures,
  type CodeSetRow,
} from './recovery-codes.repository.ts';
import type { SessionRaiser } from './session-raiser.ts';

/** Sessions raised by a recovery code. Each code works once, and wrong ones lock the whole set for a while. */
export class RecoveryCodeCheckService {
  readonly #config: RecoveryCodesConfig;
  readonly #database: Database;
  readonly #hooks: AuthHooks;
  readonly #raiser: SessionRaiser;

  constructor(config: RecoveryCodesConfig, database: Database, hooks: AuthHooks, raiser: SessionRaiser) {
    this.#config = config;
    this.#database = database;
    this.#hooks = hooks;
    this.#raiser = raiser;
  }

  /** Raises the session by a code as the user typed it. No codes, a wrong one and a used one are refused alike. */
  async verify(principal: Principal, typed: string, info: RequestInfo): Promise<TokenResponse> {
    const { session, user } = principal;
    if (session === undefined) throw refuse.sessionNotFound();
    if (!this.#config.verify) throw refuse.mfaDisabled('recovery_codes', 'verify');
    const code = normalizeRecoveryCode(typed);
    if (code === '') throw refuse.validation('Code needs to be non-empty');
    const set = await findCodeSet(this.#database.pool, user.id);
    if (set === undefined) throw refuse.recoveryCodeInvalid();
    if (isLocked(set)) throw refuse.recoveryCodesLocked();
    const matching = await this.#match(set, code);
    await this.#askHook(user.id, set, matching !== undefined, info);
    const response = await this.#database.transaction(async (tx) => {
      const locked = await lockCodeSet(tx, user.id);
      if (locked === undefined) throw refuse.recoveryCodeInvalid();
      if (isLocked(locked)) throw refuse.recoveryCodesLocked();
      if (matching === undefined || !(await consumeCode(tx, matching))) return this.#countFailure(tx, locked);
      await setFailures(tx, locked.id, 0, null);
      const { remaining } = await countCodes(tx, locked.id);
      const id = locked.mfa_factor_id;
      await auditUser(tx, info, user, 'recovery_codes_verified', { factor_id: id, remaining });
      const raised = { sessionId: session.id, userId: user.id };
      return this.#raiser.raise(tx, raised, { id, factor_type: 'recovery_code' }, info);
    });
    if (response === undefined) throw refuse.recoveryCodeInvalid();
    return response;
  }

  /** The unused code that was typed. All are compared, so that the time says nothing. */
  async #match(set: CodeSetRow, code: string): Promise<string | undefined> {
    const unused = await listUnusedCodes(this.#database.pool, set.id);
    const matches = await Promise.all(unused.map(({ code_hash: hash }) => isRecoveryCode(hash, code)));
    return unused.find((_, index) => matches[index])?.id;
  }

  /** What the project's hook says of the attempt. Not within the transaction: the hook may ask the database. */
  async #askHook(userId: string, set: CodeSetRow, valid: boolean, info: RequestInfo): Promise<void> {
    if (!this.#hooks.watchesFactors) return;
    const attempt = { userId, factorId: set.mfa_factor_id, factorType: 'recovery_code', valid };
    const rejection = await this.#hooks.factorAttempt(attempt, info);
    if (rejection === undefined) return;
    await deleteSessionsOf(this.#database.pool, userId);
    throw new AuthError(403, 'mfa_verification_rejected', rejection.message);
  }

  /** Must stay written although the request is refused: the caller throws once the transaction is over. */
  async #countFailure(tx: Executor, set: CodeSetRow): Promise<undefined> {
    const before = set.verification_locked_until === null ? set.failed_verification_count : 0;
    const count = before + 1;
    const until = count >= this.#config.maxAttempts ? new Date(Date.now() + this.#config.lockout) : null;
    await setFailures(tx, set.id, count, until);
    return undefined;
  }
}

function isLocked({ verification_locked_until: until }: CodeSetRow): boolean {
  return until !== null && until.getTime() > Date.now();
}
