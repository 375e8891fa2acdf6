import { randomBytes } from 'node:crypto';
import type { KeyRing } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import type { AuthHooks } from '../hooks/auth-hooks.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { userJson } from '../users/user-json.ts';
import { getUser, updateUser } from '../users/users.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import { insertRefreshToken } from './refresh-tokens.repository.ts';
import { isFactorMethod, type FactorMethod } from './second-factors.ts';
import {
  addAmrClaim,
  findOAuthSession,
  insertSession,
  listAmr,
  type AmrEntry,
  type OAuthSession,
} from './sessions.repository.ts';

/** The answer that signs somebody in. */
export interface TokenResponse extends Record<string, unknown> {
  access_token: string;
  token_type: 'bearer';
  /** Seconds. */
  expires_in: number;
  /** Seconds since 1970. */
  expires_at: number;
  refresh_token: string;
  user: Record<string, unknown>;
}

/** How somebody signed in, as the `amr` claim names it. */
export type SignInMethod =
  | 'password'
  | 'otp'
  | 'anonymous'
  | 'magiclink'
  | 'recovery'
  | 'invite'
  | 'email/signup'
  | 'email_change'
  | 'oauth'
  | 'sso/saml'
  | 'passkey'
  | 'web3'
  | 'oauth_provider/authorization_code';

/** Opens sessions and signs access tokens. */
export class SessionIssuer {
  readonly #config: AuthConfig;
  readonly #keys: KeyRing;
  readonly #hooks: AuthHooks;

  constructor(config: AuthConfig, keys: KeyRing, hooks: AuthHooks) {
    this.#hooks = hooks;
    this.#config = config;
    this.#keys = keys;
  }

  /** Opens a session for the user, or for an application in his name, in the caller's transaction; it ends at `notAfter`. */
  async open(
    db: Executor,
    userId: string,
    method: SignInMethod,
    info: RequestInfo,
    notAfter?: Date,
    oauth?: OAuthSession,
  ): Promise<TokenResponse> {
    await updateUser(db, userId, { last_sign_in_at: new Date() });
    const sessionId = await insertSession(db, {
      userId,
      userAgent: info.userAgent,
      ip: info.ip,
      notAfter: notAfter ?? null,
      oauth,
    });
    const refreshToken = await this.addRefreshToken(db, userId, sessionId, null);
    await addAmrClaim(db, sessionId, method);
    return this.respond(db, await getUser(db, userId), { sessionId, refreshToken, method }, info);
  }

  /** A new refresh token of a session; `parent` is the one it replaces. */
  async addRefreshToken(
    db: Executor,
    userId: string,
    sessionId: string,
    parent: string | null,
  ): Promise<string> {
    const token = generateRefreshToken();
    await insertRefreshToken(db, { token, userId, sessionId, parent });
    return token;
  }

  /**
   * An access token of the session as it is now, and the answer around it. Where a service elsewhere has a say in the token, it
   * is there once the transaction is over, and not before.
   */
  async respond(
    db: Executor,
    user: AuthUser,
    {
      sessionId,
      refreshToken,
      method,
    }: { sessionId: string; refreshToken: string; method: SignInMethod | FactorMethod | 'token_refresh' },
    info: RequestInfo,
  ): Promise<TokenResponse> {
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + this.#config.jwtExpiry;
    const amr = withSsoProvider(await listAmr(db, sessionId), user);
    const claims = {
      iss: this.#config.issuer,
      sub: user.id,
      aud: user.aud,
      exp: expiresAt,
      iat: issuedAt,
      email: user.email ?? '',
      phone: user.phone ?? '',
      app_metadata: user.raw_app_meta_data,
      user_metadata: user.raw_user_meta_data,
      role: user.role ?? '',
      aal: assurance(amr),
      amr,
      session_id: sessionId,
      is_anonymous: user.is_anonymous,
      ...(await this.#applicationClaims(db, sessionId)),
    };
    const response: TokenResponse = {
      access_token: '',
      token_type: 'bearer',
      expires_in: this.#config.jwtExpiry,
      expires_at: expiresAt,
      refresh_token: refreshToken,
      user: userJson(user),
    };
    await this.#hooks.withClaims(db, claims, method, info, async (wanted) => {
      response.access_token = await this.#keys.sign(wanted);
    });
    return response;
  }

  async #applicationClaims(db: Executor, sessionId: string): Promise<Record<string, string>> {
    const oauth = this.#config.oauthServer.enabled ? await findOAuthSession(db, sessionId) : undefined;
    return oauth === undefined ? {} : { client_id: oauth.clientId, scope: oauth.scopes };
  }
}

/** Names the organization's provider beside the sign-in by it. */
function withSsoProvider(amr: readonly AmrEntry[], user: AuthUser): AmrEntry[] {
  const provider = user.identities.find((identity) => identity.provider.startsWith('sso:'))?.provider;
  if (provider === undefined) return [...amr];
  return amr.map((entry) =>
    entry.method === 'sso/saml' ? { ...entry, provider: provider.slice('sso:'.length) } : entry,
  );
}

/** `aal2` once a second factor was verified in the session. */
export function assurance(amr: readonly AmrEntry[]): 'aal1' | 'aal2' {
  return amr.some((entry) => isFactorMethod(entry.method)) ? 'aal2' : 'aal1';
}

/** Twelve characters of base32, 60 random bits, as GoTrue's. */
function generateRefreshToken(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return Array.from(randomBytes(12), (byte) => alphabet.charAt(byte & 31)).join('');
}
