import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import type { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { auditUser } from '../users/audit.ts';
import { findUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import {
  findActiveRefreshToken,
  findRefreshToken,
  revokeRefreshToken,
  revokeTokenFamily,
  type RefreshTokenRow,
} from './refresh-tokens.repository.ts';
import type { SessionIssuer, TokenResponse } from './session-issuer.ts';
import { lockSession, touchSession, type SessionRow } from './sessions.repository.ts';

/** What a session goes on with: the token that another refresh has made, or a new one in the place of the old. */
interface NextToken {
  readonly token: string;
  readonly isKnown: boolean;
}

/** The refresh grant: each token works once, and a stolen one ends the session when it is used again. */
export class RefreshService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;

  constructor(config: AuthConfig, database: Database, issuer: SessionIssuer) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
  }

  /**
   * A new access token for a refresh token, and the refresh token that replaces it.
   * @param clientId - the application that has proven to be it; tokens of an application are its own
   */
  async refresh(refreshToken: string, info: RequestInfo, clientId?: string): Promise<TokenResponse> {
    if (refreshToken === '') throw new OAuthError('invalid_request', 'refresh_token required');
    // A refusal may come with a change that must stay (the family revoked), so it leaves as a value.
    const outcome = await this.#database.transaction((tx) =>
      this.#exchange(tx, refreshToken, info, clientId),
    );
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  async #exchange(
    tx: Executor,
    refreshToken: string,
    info: RequestInfo,
    clientId: string | undefined,
  ): Promise<TokenResponse | AuthError | OAuthError> {
    const known = await findRefreshToken(tx, refreshToken);
    if (known === undefined) return refuse.refreshTokenNotFound();
    if (known.session_id === null) return refuse.refreshNoSession();
    const session = await lockSession(tx, known.session_id);
    // Read again behind the lock: another refresh of the same token may just have been through.
    const token = await findRefreshToken(tx, refreshToken);
    const user = await findUser(tx, known.user_id);
    if (session === undefined || token === undefined || user === undefined)
      return refuse.refreshTokenNotFound();
    const refusal = this.#refusal(session, user) ?? strangerTo(session, clientId);
    if (refusal !== undefined) return refusal;
    const next = await this.#nextToken(tx, token, session);
    if (next === undefined) return refuse.refreshTokenUsed();
    await auditUser(tx, info, user, 'token_refreshed');
    if (!next.isKnown) await auditUser(tx, info, user, 'token_revoked');
    await touchSession(tx, session.id, { userAgent: info.userAgent, ip: info.ip });
    const granted = { sessionId: session.id, refreshToken: next.token, method: 'token_refresh' } as const;
    return this.#issuer.respond(tx, user, granted, info);
  }

  #refusal(session: SessionRow, user: AuthUser): AuthError | undefined {
    if (isBanned(user)) return refuse.refreshUserBanned();
    const now = Date.now();
    const { timebox, inactivityTimeout } = this.#config.sessions;
    if (session.not_after !== null && now > session.not_after.getTime()) return refuse.sessionExpired('');
    if (timebox > 0 && now > session.created_at.getTime() + timebox) return refuse.sessionExpired('');
    const active = session.refreshed_at ?? session.created_at;
    if (inactivityTimeout > 0 && now > active.getTime() + inactivityTimeout) {
      return refuse.sessionExpired(' (Inactivity)');
    }
    return undefined;
  }

  /** The refresh token to answer with; undefined when `token` was used before and may not be used again. */
  async #nextToken(
    tx: Executor,
    token: RefreshTokenRow,
    session: SessionRow,
  ): Promise<NextToken | undefined> {
    if (!token.revoked) return this.#replace(tx, token, session);
    const active = await findActiveRefreshToken(tx, session.id);
    // No token is active: the family was revoked, and nothing of this session works again.
    if (active === undefined) return undefined;
    // The client did not get the answer to its last refresh: it gets the same token again.
    if (active.parent === token.token) return { token: active.token, isKnown: true };
    if (Date.now() <= token.updated_at.getTime() + this.#config.refreshTokens.reuseInterval) {
      return this.#replace(tx, token, session);
    }
    if (this.#config.refreshTokens.rotation) await revokeTokenFamily(tx, session.id);
    return undefined;
  }

  async #replace(tx: Executor, token: RefreshTokenRow, session: SessionRow): Promise<NextToken> {
    await revokeRefreshToken(tx, token.id);
    const next = await this.#issuer.addRefreshToken(tx, session.user_id, session.id, token.token);
    return { token: next, isKnown: false };
  }
}

/** Sessions of applications are refreshed by these only, and others by none. */
function strangerTo(session: SessionRow, clientId: string | undefined): OAuthError | undefined {
  const owner = session.oauth_client_id ?? undefined;
  if (owner === clientId) return undefined;
  if (owner === undefined) {
    return new OAuthError('invalid_client', 'Client authentication not allowed for non-OAuth session');
  }
  const words =
    clientId === undefined
      ? 'Client authentication required for OAuth session'
      : "Client does not match the session's OAuth client";
  return new OAuthError('invalid_client', words);
}
