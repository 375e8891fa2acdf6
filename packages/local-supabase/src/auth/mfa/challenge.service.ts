import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { refuse } from '../errors/catalogue.ts';
import type { Principal } from '../http/authenticate.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { findActiveRefreshToken, revokeRefreshToken } from '../sessions/refresh-tokens.repository.ts';
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

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
  }

  /** Opens a challenge, to be answered from the same address. */
  async challenge(
    principal: Principal,
    factorId: string,
    info: RequestInfo,
  ): Promise<Record<string, unknown>> {
    return this.#database.transaction(async (tx) => {
      const factor = await this.#totpFactor(tx, principal, factorId);
      const challenge = await insertChallenge(tx, factor.id, info.ip);
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
      const factor = await this.#totpFactor(tx, principal, factorId);
      const challenge = await lockChallenge(tx, factor.id, answer.challengeId);
      checkChallenge(challenge, info.ip);
      if (!isTotpCode(factor.secret ?? '', answer.code)) throw refuse.totpInvalid();
      await auditUser(tx, info, user, 'verification_attempted', {
        factor_id: factor.id,
        challenge_id: challenge.id,
        factor_type: factor.factor_type,
      });
      await verifyChallenge(tx, challenge.id);
      if (factor.status !== 'verified') await verifyFactor(tx, factor.id);
      await deleteUnverifiedFactors(tx, user.id, factor.factor_type);
      return this.#raise(tx, session.id, user.id, factor.id);
    });
  }

  async #totpFactor(tx: Executor, principal: Principal, factorId: string): Promise<SecretFactor> {
    const factor = await lockFactor(tx, principal.user.id, factorId);
    if (factor === undefined) throw refuse.factorNotFound();
    if (factor.factor_type !== 'totp') throw refuse.mfaDisabled(factor.factor_type, 'verify');
    if (!this.#config.mfa.totpVerify) throw refuse.mfaDisabled('totp', 'verify');
    return factor;
  }

  async #raise(tx: Executor, sessionId: string, userId: string, factorId: string): Promise<TokenResponse> {
    await addAmrClaim(tx, sessionId, 'totp');
    await setSessionAal(tx, sessionId, 'aal2', factorId);
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
