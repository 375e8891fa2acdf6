import { timingSafeEqual } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { NotificationService } from '../mail/notification.service.ts';
import type { TokenResponse } from '../sessions/session-issuer.ts';
import { deleteSessionsOf } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import type { AuthUser } from '../users/user.types.ts';
import { checkChannel, type PhoneCodeService } from '../phone/phone-code.service.ts';
import {
  insertChallenge,
  lockChallenge,
  verifyChallenge,
  type ChallengeRow,
} from './challenges.repository.ts';
import {
  deleteUnverifiedFactors,
  lockFactor,
  touchFactor,
  verifyFactor,
  type SecretFactor,
} from './factors.repository.ts';
import { checkUnfinished } from './new-factor.ts';
import type { SessionRaiser } from './session-raiser.ts';
import { isTotpCode } from './totp.ts';

/** Milliseconds within which a challenge must be answered. */
const LIFETIME = 300_000;

/** Challenges of second factors, and the sessions that answers raise to `aal2`. */
export class ChallengeService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #raiser: SessionRaiser;
  readonly #limits: RateLimits;
  readonly #hooks: AuthHooks;
  readonly #phoneCodes: PhoneCodeService;
  readonly #notifications: NotificationService;

  constructor(dependencies: {
    config: AuthConfig;
    database: Database;
    raiser: SessionRaiser;
    limits: RateLimits;
    hooks: AuthHooks;
    phoneCodes: PhoneCodeService;
    notifications: NotificationService;
  }) {
    this.#config = dependencies.config;
    this.#database = dependencies.database;
    this.#raiser = dependencies.raiser;
    this.#limits = dependencies.limits;
    this.#hooks = dependencies.hooks;
    this.#phoneCodes = dependencies.phoneCodes;
    this.#notifications = dependencies.notifications;
  }

  /** Opens a challenge, to be answered from the same address. A phone gets its code by it, over `channel`. */
  async challenge(
    principal: Principal,
    factorId: string,
    channel: string,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    return this.#database.transaction(async (tx) => {
      const factor = await this.#usableFactor(tx, principal, factorId);
      if (factor.factor_type === 'phone') checkChannel(channel, this.#config);
      const code =
        factor.factor_type === 'phone' ? await this.#phoneCode(tx, principal.user, factor, info) : null;
      const challenge = await insertChallenge(tx, factor.id, info.ip, code);
      await touchFactor(tx, factor.id);
      await auditUser(tx, info, principal.user, 'challenge_created', {
        factor_id: factor.id,
        factor_status: factor.status,
      });
      const expiresAt = Math.floor((challenge.created_at.getTime() + LIFETIME) / 1000);
      return { id: challenge.id, type: factor.factor_type, expires_at: expiresAt };
    });
  }

  /** Raises the session by a right code. Sessions that are not raised end, and unfinished enrolments go. */
  async verify(
    principal: Principal,
    factorId: string,
    answer: { challengeId: string; code: string },
    info: RequestInfo,
  ): Promise<TokenResponse> {
    const { session, user } = principal;
    if (session === undefined) throw refuse.sessionNotFound();
    if (this.#hooks.watchesFactors) await this.#askHook(principal, factorId, answer, info);
    return this.#database.transaction(async (tx) => {
      const factor = await this.#usableFactor(tx, principal, factorId);
      this.#limits.checkCode(factor.id);
      const challenge = await lockChallenge(tx, factor.id, answer.challengeId);
      checkChallenge(challenge, info.ip);
      checkCode(factor, challenge, answer.code);
      if (factor.status !== 'verified') await checkUnfinished(tx, user.id, session.aal);
      await auditUser(tx, info, user, 'verification_attempted', {
        factor_id: factor.id,
        challenge_id: challenge.id,
        factor_type: factor.factor_type,
      });
      await verifyChallenge(tx, challenge.id);
      if (factor.status !== 'verified') {
        await verifyFactor(tx, factor.id);
        const change = { kind: 'mfa_factor_enrolled', factorType: factor.factor_type } as const;
        await this.#notifications.tell(tx, user, change, info);
      }
      await deleteUnverifiedFactors(tx, user.id, factor.factor_type);
      return this.#raiser.raise(tx, { sessionId: session.id, userId: user.id }, factor, info);
    });
  }

  async #usableFactor(tx: Executor, principal: Principal, factorId: string): Promise<SecretFactor> {
    const factor = await lockFactor(tx, principal.user.id, factorId);
    if (factor === undefined) throw refuse.factorNotFound();
    if (factor.factor_type === 'recovery_code') throw refuse.factorTypeUnknown();
    const { totpVerify, phoneVerify } = this.#config.mfa;
    const enabled = { totp: totpVerify, phone: phoneVerify, webauthn: false }[factor.factor_type];
    if (!enabled) throw refuse.mfaDisabled(factor.factor_type, 'verify');
    return factor;
  }

  /** What the project's hook says of the answer, before it counts. Not within the transaction: the hook may ask the database. */
  async #askHook(
    principal: Principal,
    factorId: string,
    answer: { challengeId: string; code: string },
    info: RequestInfo,
  ): Promise<void> {
    const { user } = principal;
    const attempt = await this.#database.transaction(async (tx) => {
      const factor = await this.#usableFactor(tx, principal, factorId);
      const challenge = await lockChallenge(tx, factor.id, answer.challengeId);
      checkChallenge(challenge, info.ip);
      const valid = isRight(factor, challenge, answer.code);
      return { userId: user.id, factorId: factor.id, factorType: factor.factor_type, valid };
    });
    const rejection = await this.#hooks.factorAttempt(attempt, info);
    if (rejection === undefined) return;
    await deleteSessionsOf(this.#database.pool, user.id);
    throw new AuthError(403, 'mfa_verification_rejected', rejection.message);
  }

  async #phoneCode(tx: Executor, user: AuthUser, factor: SecretFactor, info: RequestInfo): Promise<string> {
    const last = factor.last_challenged_at;
    const left =
      last === null ? 0 : new Date(last).getTime() + this.#config.mfa.phoneMaxFrequency - Date.now();
    if (left > 0) throw refuse.smsTooSoon(Math.floor(left / 1000));
    const message = { phone: factor.phone ?? '', purpose: 'mfa', type: 'mfa' };
    return (await this.#phoneCodes.send(tx, user, message, info)).code;
  }
}

function checkChallenge(challenge: ChallengeRow | undefined, ip: string): asserts challenge is ChallengeRow {
  if (challenge === undefined) throw refuse.challengeNotFound();
  if (challenge.verified_at !== null || challenge.ip_address !== ip) throw refuse.challengeMismatch();
  if (Date.now() > challenge.created_at.getTime() + LIFETIME) throw refuse.challengeExpired(challenge.id);
}

function checkCode(factor: SecretFactor, challenge: ChallengeRow, code: string): void {
  if (isRight(factor, challenge, code)) return;
  throw factor.factor_type === 'totp' ? refuse.totpInvalid() : refuse.phoneCodeInvalid();
}

function isRight(factor: SecretFactor, challenge: ChallengeRow, code: string): boolean {
  if (factor.factor_type === 'totp') return isTotpCode(factor.secret ?? '', code);
  const expected = Buffer.from(challenge.otp_code ?? '');
  const actual = Buffer.from(code);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
