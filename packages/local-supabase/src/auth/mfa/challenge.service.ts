import { timingSafeEqual } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { findActiveRefreshToken, revokeRefreshToken } from '../sessions/refresh-tokens.repository.ts';
import type { RateLimits } from '../limits/rate-limits.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { addAmrClaim, deleteLesserSessions, setSessionAal } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { getUser } from '../users/users.repository.ts';
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
import { isTotpCode } from './totp.ts';

/** Milliseconds within which a challenge must be answered. */
const LIFETIME = 300_000;

/** Challenges of second factors, and the sessions that answers raise to `aal2`. */
export class ChallengeService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #limits: RateLimits;

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer, limits: RateLimits) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#limits = limits;
  }

  /** Opens a challenge, to be answered from the same address. A phone gets its code by it. */
  async challenge(
    principal: Principal,
    factorId: string,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    return this.#database.transaction(async (tx) => {
      const factor = await this.#usableFactor(tx, principal, factorId);
      const code = factor.factor_type === 'phone' ? this.#phoneCode(factor) : null;
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
    return this.#database.transaction(async (tx) => {
      const factor = await this.#usableFactor(tx, principal, factorId);
      this.#limits.checkCode(factor.id);
      const challenge = await lockChallenge(tx, factor.id, answer.challengeId);
      checkChallenge(challenge, info.ip);
      checkCode(factor, challenge, answer.code);
      await auditUser(tx, info, user, 'verification_attempted', {
        factor_id: factor.id,
        challenge_id: challenge.id,
        factor_type: factor.factor_type,
      });
      await verifyChallenge(tx, challenge.id);
      if (factor.status !== 'verified') await verifyFactor(tx, factor.id);
      await deleteUnverifiedFactors(tx, user.id, factor.factor_type);
      return this.#raise(tx, session.id, user.id, factor);
    });
  }

  async #usableFactor(tx: Executor, principal: Principal, factorId: string): Promise<SecretFactor> {
    const factor = await lockFactor(tx, principal.user.id, factorId);
    if (factor === undefined) throw refuse.factorNotFound();
    const { totpVerify, phoneVerify } = this.#config.mfa;
    const enabled = { totp: totpVerify, phone: phoneVerify, webauthn: false }[factor.factor_type];
    if (!enabled) throw refuse.mfaDisabled(factor.factor_type, 'verify');
    return factor;
  }

  #phoneCode(factor: SecretFactor): string {
    const last = factor.last_challenged_at;
    const left =
      last === null ? 0 : new Date(last).getTime() + this.#config.mfa.phoneMaxFrequency - Date.now();
    if (left > 0) throw refuse.smsTooSoon(Math.floor(left / 1000));
    const code = this.#config.phone.testCodes.get(factor.phone ?? '');
    if (code === undefined) throw refuse.smsFailed('mfa');
    return code;
  }

  async #raise(
    tx: Executor,
    sessionId: string,
    userId: string,
    factor: SecretFactor,
  ): Promise<TokenResponse> {
    await addAmrClaim(tx, sessionId, factor.factor_type === 'phone' ? 'mfa/phone' : 'totp');
    await setSessionAal(tx, sessionId, 'aal2', factor.id);
    await deleteLesserSessions(tx, userId);
    const current = await findActiveRefreshToken(tx, sessionId);
    if (current !== undefined) await revokeRefreshToken(tx, current.id);
    const next = await this.#issuer.addRefreshToken(tx, userId, sessionId, current?.token ?? null);
    return this.#issuer.respond(tx, await getUser(tx, userId), sessionId, next);
  }
}

function checkChallenge(challenge: ChallengeRow | undefined, ip: string): asserts challenge is ChallengeRow {
  if (challenge === undefined) throw refuse.challengeNotFound();
  if (challenge.verified_at !== null || challenge.ip_address !== ip) throw refuse.challengeMismatch();
  if (Date.now() > challenge.created_at.getTime() + LIFETIME) throw refuse.challengeExpired(challenge.id);
}

function checkCode(factor: SecretFactor, challenge: ChallengeRow, code: string): void {
  if (factor.factor_type === 'totp') {
    if (!isTotpCode(factor.secret ?? '', code)) throw refuse.totpInvalid();
    return;
  }
  const expected = Buffer.from(challenge.otp_code ?? '');
  const actual = Buffer.from(code);
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual))
    throw refuse.phoneCodeInvalid();
}
