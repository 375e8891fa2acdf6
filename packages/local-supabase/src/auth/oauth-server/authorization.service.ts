import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { withQuery } from '../external/flow-redirect.ts';
import { isUuid } from '../http/uuid.ts';
import { findOAuthClient, type OAuthClientRow } from '../oauth-clients/oauth-clients.repository.ts';
import type { AuthUser } from '../users/user.types.ts';
import {
  approveAuthorization,
  assignAuthorization,
  endAuthorization,
  insertAuthorization,
  lockAuthorization,
  type AuthorizationRow,
} from './authorizations.repository.ts';
import { checkRequest } from './authorization-request.ts';
import { findConsent, putConsent } from './consents.repository.ts';
import { scopesIn } from './scopes.ts';

/** Where the browser goes on to. */
export interface Redirect {
  readonly redirect_url: string;
}

/** Requests of applications to act for a user, and what users say to them. */
export class AuthorizationService {
  readonly #config: AuthConfig;
  readonly #database: Database;

  constructor(config: AuthConfig, database: Database) {
    this.#config = config;
    this.#database = database;
  }

  /**
   * Takes a request, and answers where the browser goes: to the project's page, where the user is asked, or back with a fault.
   * @throws AuthError when it is not sure whose request it is, so that nobody is sent anywhere
   */
  async begin(query: URLSearchParams): Promise<string> {
    const text = (name: string): string => query.get(name) ?? '';
    const clientId = text('client_id');
    const redirectUri = text('redirect_uri');
    if (clientId === '') throw refuse.validation('client_id is required');
    if (redirectUri === '') throw refuse.validation('redirect_uri is required');
    if (!isUuid(clientId)) throw unknownClient('invalid client_id format');
    const client = await findOAuthClient(this.#database.pool, clientId);
    if (client === undefined) throw unknownClient('invalid client_id');
    if (!client.redirect_uris.split(',').includes(redirectUri)) {
      throw refuse.validation('invalid redirect_uri');
    }
    const state = text('state');
    const request = checkRequest(query);
    if (typeof request === 'string') return withFault(redirectUri, 'invalid_request', request, state);
    const id = await insertAuthorization(this.#database.pool, { clientId, redirectUri, state, ...request });
    const { siteUrl, oauthServer } = this.#config;
    const page = `${siteUrl.replace(/\/+$/, '')}/${oauthServer.authorizationPath.replace(/^\/+/, '')}`;
    return withQuery(page, { authorization_id: id });
  }

  /** What the user is asked; or where the browser goes, if they have agreed to as much before. */
  async show(user: AuthUser, id: string): Promise<Record<string, unknown> | Redirect> {
    return this.#open(id, async (tx, authorization) => {
      if (authorization.user_id === null) {
        await assignAuthorization(tx, authorization.id, user.id);
        if (await this.#isAgreed(tx, user.id, authorization)) return this.#approve(tx, authorization);
      } else checkOwner(authorization, user);
      const client = await findOAuthClient(tx, authorization.client_id);
      return {
        authorization_id: authorization.authorization_id,
        redirect_uri: authorization.redirect_uri,
        client: client && clientDetails(client),
        user: { id: user.id, ...(user.email && { email: user.email }) },
        scope: authorization.scope,
      };
    });
  }

  /** What the user says. What they agree to, they are not asked again. */
  async decide(user: AuthUser, id: string, action: 'approve' | 'deny'): Promise<Redirect> {
    return this.#open(id, async (tx, authorization) => {
      checkOwner(authorization, user);
      if (action === 'deny') {
        await endAuthorization(tx, authorization.id, 'denied');
        const { redirect_uri: uri, state } = authorization;
        const url = withFault(uri, 'access_denied', 'User denied the request', state ?? '');
        return { redirect_url: url };
      }
      const { client_id: clientId, scope: scopes } = authorization;
      await putConsent(tx, { userId: user.id, clientId, scopes });
      return this.#approve(tx, authorization);
    });
  }

  async #open<T>(
    id: string,
    work: (tx: Executor, authorization: AuthorizationRow) => Promise<T>,
  ): Promise<T> {
    // That it has expired must stay, so the refusal leaves as a value.
    const outcome = await this.#database.transaction(async (tx) => {
      const authorization = await lockAuthorization(tx, id);
      if (authorization === undefined || authorization.status === 'expired') return notFound();
      if (authorization.expires_at.getTime() < Date.now()) {
        await endAuthorization(tx, authorization.id, 'expired');
        return notFound();
      }
      if (authorization.status !== 'pending') {
        return refuse.validation('authorization request cannot be processed');
      }
      return work(tx, authorization);
    });
    if (outcome instanceof AuthError) throw outcome;
    return outcome;
  }

  async #isAgreed(tx: Executor, userId: string, { client_id, scope }: AuthorizationRow): Promise<boolean> {
    const consent = await findConsent(tx, userId, client_id);
    const granted = scopesIn(consent?.scopes ?? '');
    return consent !== undefined && scopesIn(scope).every((asked) => granted.includes(asked));
  }

  async #approve(tx: Executor, { id, redirect_uri, state }: AuthorizationRow): Promise<Redirect> {
    const code = await approveAuthorization(tx, id);
    return { redirect_url: withQuery(redirect_uri, { code, ...(state !== null && { state }) }) };
  }
}

/** An application as users see it. */
export function clientDetails(
  client: Pick<OAuthClientRow, 'id' | 'client_name' | 'client_uri' | 'logo_uri'>,
): Record<string, unknown> {
  return {
    id: client.id,
    ...(client.client_name && { name: client.client_name }),
    ...(client.client_uri && { uri: client.client_uri }),
    ...(client.logo_uri && { logo_uri: client.logo_uri }),
  };
}

function checkOwner(authorization: AuthorizationRow, user: AuthUser): void {
  if (authorization.user_id !== user.id) throw notFound();
}

function withFault(url: string, error: string, description: string, state: string): string {
  return withQuery(url, { error, error_description: description, ...(state !== '' && { state }) });
}

const notFound = (): AuthError =>
  new AuthError(404, 'oauth_authorization_not_found', 'authorization not found');

const unknownClient = (message: string): AuthError => new AuthError(400, 'oauth_client_not_found', message);
