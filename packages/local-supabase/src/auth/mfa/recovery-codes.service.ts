import { randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { MfaConfig } from '../config/mfa-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import { downgradeSessions, type SessionRow } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { deleteFactor } from './factors.repository.ts';
import { checkNewFactor, hasUsableFactor, storingFactor, userForFactor } from './new-factor.ts';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-code.ts';
import {
  countCodes,
  findCodeSet,
  insertCodeSet,
  lockCodeSet,
  replaceCodes,
} from './recovery-codes.repository.ts';

const DEFAULT_NAME = 'Recovery codes';
const FACTOR_TYPE = 'recovery_code';

/** A user's set of recovery codes, with the codes only when they were just made. */
export interface RecoveryCodes extends Record<string, unknown> {
  /** The factor's. */
  readonly id: string;
  readonly type: 'recovery_code';
  readonly friendly_name?: string;
  readonly total: number;
  /** Codes that nobody has used. */
  readonly remaining?: number;
  readonly codes?: readonly string[];
}

/** Codes for users who lost their other second factor: made, replaced and removed. */
export class RecoveryCodesService {
  readonly #config: MfaConfig;
  readonly #database: Database;
  readonly #notifications: NotificationService;

  constructor(config: MfaConfig, database: Database, notifications: NotificationService) {
    this.#config = config;
    this.#database = database;
    this.#notifications = notifications;
  }

  /** How many codes the user has, and has left. */
  async status({ user }: Principal): Promise<RecoveryCodes> {
    const set = await findCodeSet(this.#database.pool, user.id);
    if (set === undefined) throw refuse.recoveryCodesMissing();
    const counts = await countCodes(this.#database.pool, set.id);
    return { id: set.mfa_factor_id, type: FACTOR_TYPE, ...counts };
  }

  /** Makes the user's codes; he needs another second factor, since these are only for when it is lost. */
  async generate(principal: Principal, name: string, info: RequestInfo): Promise<RecoveryCodes> {
    this.#checkEnabled();
    const session = raisedSession(principal, 'generate');
    const factor = {
      factorId: randomUUID(),
      userId: principal.user.id,
      friendlyName: name.trim() === '' ? DEFAULT_NAME : name,
    };
    const check = (tx: Executor): Promise<void> => this.#checkNew(tx, factor, session.aal);
    await this.#database.transaction(check);
    const { codes, hashes } = await this.#create();
    await this.#database.transaction(async (tx) => {
      await check(tx);
      await storingSet(storingFactor(insertCodeSet(tx, { ...factor, hashes }), factor.friendlyName));
      const traits = { factor_id: factor.factorId, count: codes.length };
      await auditUser(tx, info, principal.user, 'recovery_codes_generated', traits);
      const change = { kind: 'mfa_factor_enrolled', factorType: FACTOR_TYPE } as const;
      await this.#notifications.tell(tx, principal.user, change, info);
    });
    return answer(factor.factorId, factor.friendlyName, codes);
  }

  /** Makes new codes in the place of the old ones. */
  async regenerate(principal: Principal, info: RequestInfo): Promise<RecoveryCodes> {
    this.#checkEnabled();
    const { user } = principal;
    raisedSession(principal, 'regenerate');
    if ((await findCodeSet(this.#database.pool, user.id)) === undefined) throw refuse.recoveryCodesMissing();
    const { codes, hashes } = await this.#create();
    return this.#database.transaction(async (tx) => {
      const set = await lockCodeSet(tx, user.id);
      if (set === undefined) throw refuse.recoveryCodesMissing();
      await replaceCodes(tx, set.id, hashes);
      const traits = { factor_id: set.mfa_factor_id, count: codes.length };
      await auditUser(tx, info, user, 'recovery_codes_regenerated', traits);
      return answer(set.mfa_factor_id, set.friendly_name ?? '', codes);
    });
  }

  /** Removes the codes; sessions that one of them had raised fall back. */
  async remove(principal: Principal, info: RequestInfo): Promise<{ id: string }> {
    const { user } = principal;
    raisedSession(principal, 'delete');
    return this.#database.transaction(async (tx) => {
      const set = await lockCodeSet(tx, user.id);
      if (set === undefined) throw refuse.recoveryCodesMissing();
      const id = set.mfa_factor_id;
      await deleteFactor(tx, id);
      await auditUser(tx, info, user, 'recovery_codes_deleted', { factor_id: id });
      await downgradeSessions(tx, user.id, id);
      const change = { kind: 'mfa_factor_unenrolled', factorType: FACTOR_TYPE } as const;
      await this.#notifications.tell(tx, user, change, info);
      return { id };
    });
  }

  #checkEnabled(): void {
    if (!this.#config.recoveryCodes.enroll) throw refuse.mfaDisabled('recovery_codes', 'enroll');
  }

  async #checkNew(
    tx: Executor,
    { userId, friendlyName }: { userId: string; friendlyName: string },
    aal: string | null,
  ): Promise<void> {
    if ((await findCodeSet(tx, userId)) !== undefined) throw refuse.recoveryCodesExist();
    const { factors } = await userForFactor(tx, userId);
    checkNewFactor(factors, friendlyName, aal, this.#config);
    if (hasUsableFactor(factors, this.#config)) return;
    throw refuse.recoveryCodesAlone(
      'At least one other verified factor is required to generate recovery codes',
    );
  }

  /** Outside of transactions: hashing takes its time on purpose, and a transaction holds the one backend. */
  async #create(): Promise<{ codes: string[]; hashes: string[] }> {
    const { count, length } = this.#config.recoveryCodes;
    const codes = createRecoveryCodes(count, length);
    return { codes, hashes: await Promise.all(codes.map(hashRecoveryCode)) };
  }
}

function raisedSession({ session }: Principal, action: 'generate' | 'regenerate' | 'delete'): SessionRow {
  if (session === undefined) throw refuse.sessionNotFound();
  if (session.aal === 'aal2') return session;
  throw refuse.insufficientAal(`AAL2 required to ${action} recovery codes`, 403);
}

async function storingSet(stored: Promise<void>): Promise<void> {
  try {
    await stored;
  } catch (error) {
    throw violates(error, 'mfa_recovery_code_sets_user_id_key') ? refuse.recoveryCodesExist() : error;
  }
}

function answer(id: string, name: string, codes: readonly string[]): RecoveryCodes {
  return { id, type: FACTOR_TYPE, friendly_name: name, total: codes.length, codes };
}
