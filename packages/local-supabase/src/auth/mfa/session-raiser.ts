import type { Executor } from '../database/executor.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { findActiveRefreshToken, revokeRefreshToken } from '../sessions/refresh-tokens.repository.ts';
import { FACTOR_METHODS, type FactorType } from '../sessions/second-factors.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { addAmrClaim, deleteLesserSessions, setSessionAal } from '../sessions/sessions.repository.ts';
import { auditUser } from '../users/audit.ts';
import { getUser } from '../users/users.repository.ts';

/** Raises sessions by second factors that were shown. */
export class SessionRaiser {
  readonly #issuer: SessionIssuer;

  constructor(issuer: SessionIssuer) {
    this.#issuer = issuer;
  }

  /** Raises the session to `aal2` in the caller's transaction, with new tokens; the user's lesser sessions end. */
  async raise(
    tx: Executor,
    { sessionId, userId }: { sessionId: string; userId: string },
    factor: { id: string; factor_type: FactorType },
    info: RequestInfo,
  ): Promise<TokenResponse> {
    const method = FACTOR_METHODS[factor.factor_type];
    await addAmrClaim(tx, sessionId, method);
    await setSessionAal(tx, sessionId, 'aal2', factor.id);
    await deleteLesserSessions(tx, userId);
    const current = await findActiveRefreshToken(tx, sessionId);
    const user = await getUser(tx, userId);
    if (current !== undefined) {
      await revokeRefreshToken(tx, current.id);
      await auditUser(tx, info, user, 'token_revoked');
    }
    const refreshToken = await this.#issuer.addRefreshToken(tx, userId, sessionId, current?.token ?? null);
    const granted = { sessionId, refreshToken, method };
    return this.#issuer.respond(tx, user, granted, info);
  }
}
