import { createHash, timingSafeEqual } from 'node:crypto';
import type { Database, KeyRing } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { isUuid } from '../http/uuid.ts';
import { findOAuthClient, type OAuthClientRow } from '../oauth-clients/oauth-clients.repository.ts';
import { hashSecret } from '../oauth-clients/oauth-clients.service.ts';
import type { RefreshService } from '../sessions/refresh.service.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { auditUser } from '../users/audit.ts';
import { findUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import {
  deleteAuthorization,
  lockAuthorizationByCode,
  type AuthorizationRow,
} from './authorizations.repository.ts';
import { scopedClaims, scopesIn } from './scopes.ts';

/** How an application says who it is. */
export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
  readonly method: 'client_secret_basic' | 'client_secret_post' | 'none';
}

/** What an application is answered: nothing of the user but by the tokens. */
export type OAuthTokens = Pick<
  TokenResponse,
  'access_token' | 'token_type' | 'expires_in' | 'refresh_token'
> & {
  id_token?: string;
};

/** Seconds; GoTrue's. */
const ID_TOKEN_LIFETIME = 3600;

/** Codes and refresh tokens of applications, exchanged for tokens. */
export class OAuthTokenService {
  readonly #config: AuthConfig;
  readonly #database: Database;
  readonly #keys: KeyRing;
  readonly #issuer: SessionIssuer;
  readonly #refresh: RefreshService;

  constructor(dependencies: {
    config: AuthConfig;
    database: Database;
    keys: KeyRing;
    issuer: SessionIssuer;
    refresh: RefreshService;
  }) {
    this.#config = dependencies.config;
    this.#database = dependencies.database;
    this.#keys = dependencies.keys;
    this.#issuer = dependencies.issuer;
    this.#refresh = dependencies.refresh;
  }

  /** The application. @throws OAuthError `invalid_client` unless it proves who it is, in the way it was registered with */
  async authenticate({ id, secret, method }: ClientCredentials): Promise<OAuthClientRow> {
    if (id === '') throw invalidClient('Client authentication required');
    const client = isUuid(id) ? await findOAuthClient(this.#database.pool, id) : undefined;
    if (client?.token_endpoint_auth_method !== method) throw invalidClient('Invalid client credentials');
    if (method !== 'none' && !sameHash(hashSecret(secret), client.client_secret_hash)) {
      throw invalidClient('Invalid client credentials');
    }
    return client;
  }

  /** Tokens for a code. It works once, for who has asked for it and has the verifier of its challenge. */
  async exchange(
    client: OAuthClientRow,
    request: { code: string; codeVerifier: string; redirectUri: string; resource: string },
    info: RequestInfo,
  ): Promise<OAuthTokens> {
    const { authorization, user, session } = await this.#database.transaction(async (tx) => {
      const found = await lockAuthorizationByCode(tx, request.code);
      const authorization = checkCode(found, client, request);
      const owner = await findUser(tx, authorization.user_id ?? '');
      if (owner === undefined) throw invalidGrant('User not found for authorization code');
      if (isBanned(owner)) throw new OAuthError('access_denied', 'User is banned');
      await auditUser(tx, info, owner, 'login', {
        provider_type: 'oauth_provider_authorization_code',
        client_id: client.id,
      });
      const oauth = { clientId: client.id, scopes: authorization.scope };
      const session = await this.#issuer.open(
        tx,
        owner.id,
        'oauth_provider/authorization_code',
        info,
        undefined,
        oauth,
      );
      await deleteAuthorization(tx, authorization.id);
      return { authorization, user: owner, session };
    });
    const scopes = scopesIn(authorization.scope);
    if (!scopes.includes('openid')) return tokensOf(session);
    return { ...tokensOf(session), id_token: await this.#idToken(client.id, user, scopes, authorization) };
  }

  /** New tokens for a refresh token of the application's own. */
  async refresh(client: OAuthClientRow, refreshToken: string, info: RequestInfo): Promise<OAuthTokens> {
    const session = await this.#refresh.refresh(refreshToken, info, client.id).catch((error: unknown) => {
      throw error instanceof AuthError ? refreshFault(error) : error;
    });
    return tokensOf(session);
  }

  #idToken(
    clientId: string,
    user: AuthUser,
    scopes: readonly string[],
    { nonce }: AuthorizationRow,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return this.#keys.sign({
      iss: this.#config.issuer,
      sub: user.id,
      aud: clientId,
      iat: now,
      exp: now + ID_TOKEN_LIFETIME,
      auth_time: Math.floor((user.last_sign_in_at?.getTime() ?? Date.now()) / 1000),
      ...(nonce !== null && { nonce }),
      // These two are always there, as are what they say of an address that is not.
      email_verified: false,
      phone_number_verified: false,
      ...scopedClaims(user, scopes),
      client_id: clientId,
    });
  }
}

function checkCode(
  authorization: AuthorizationRow | undefined,
  client: OAuthClientRow,
  request: { codeVerifier: string; redirectUri: string; resource: string },
): AuthorizationRow {
  if (authorization === undefined) throw invalidGrant('Invalid authorization code');
  if (authorization.expires_at.getTime() < Date.now()) throw invalidGrant('Authorization code has expired');
  if (authorization.client_id !== client.id) {
    throw invalidGrant('Authorization code was not issued for this client');
  }
  if (request.resource !== '' && request.resource !== authorization.resource) {
    throw invalidGrant('Authorization code resource does not match the resource parameter');
  }
  if (request.redirectUri !== '' && request.redirectUri !== authorization.redirect_uri) {
    throw invalidGrant('Invalid redirect_uri');
  }
  const { code_challenge: challenge, code_challenge_method: method } = authorization;
  const { codeVerifier } = request;
  const proof =
    method === 's256' ? createHash('sha256').update(codeVerifier).digest('base64url') : codeVerifier;
  if (proof !== challenge) throw invalidGrant('PKCE verification failed: code verifier does not match');
  return authorization;
}

function sameHash(actual: string, expected: string | null): boolean {
  const [a, b] = [Buffer.from(actual), Buffer.from(expected ?? '')];
  return a.length === b.length && timingSafeEqual(a, b);
}

const tokensOf = (session: TokenResponse): OAuthTokens => ({
  access_token: session.access_token,
  token_type: session.token_type,
  expires_in: session.expires_in,
  refresh_token: session.refresh_token,
});

/** Why a session does not go on, in the words of OAuth. */
function refreshFault(error: AuthError): Error {
  if (error.code === 'user_banned') {
    return new OAuthError('access_denied', 'User is not permitted to access this resource.');
  }
  return error.status < 500 ? invalidGrant('Refresh token is invalid or expired.') : error;
}

const invalidGrant = (message: string): OAuthError => new OAuthError('invalid_grant', message);
const invalidClient = (message: string): OAuthError => new OAuthError('invalid_client', message, 401);
