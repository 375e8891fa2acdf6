import { generateRandomCodeVerifier } from 'oauth4webapi';
import type { Database } from '../../context.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { SessionIssuer } from '../sessions/session-issuer.ts';
import { completeFlowState, deleteFlowState } from '../tokens/flow-states.repository.ts';
import { findTokenOwner } from '../tokens/one-time-tokens.repository.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { takeClientState, insertClientState } from './client-states.repository.ts';
import type { ExternalAccount, ExternalAccountService } from './external-account.service.ts';
import type { ProviderDirectory } from './provider-directory.ts';
import { insertState, readState, stateNotFound, stateUsed, type ExternalState } from './external-state.ts';
import { withMainEmail, type ExternalUser } from './external-user.ts';
import { withQuery, withSession } from './flow-redirect.ts';
import type { IdentityLinkService } from './identity-link.service.ts';
import type { ReturnedUser } from './redirect-provider.types.ts';
import { retryRace } from './retry-race.ts';

/** How a client wants to sign in with a provider. */
export interface FlowRequest {
  readonly provider: string;
  readonly scopes: string;
  readonly inviteToken: string;
  readonly challenge: Challenge | undefined;
  /** What is passed on to the provider. */
  readonly parameters: URLSearchParams;
  /** Set to add the identity to this account instead of signing in. */
  readonly linkingTargetId: string;
}

/** Signing in with an external provider: there and back. */
export class ExternalFlowService {
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #mail: OneTimeMailService;
  readonly #providers: ProviderDirectory;
  readonly #accounts: ExternalAccountService;
  readonly #links: IdentityLinkService;

  constructor(parts: {
    database: Database;
    issuer: SessionIssuer;
    mail: OneTimeMailService;
    providers: ProviderDirectory;
    accounts: ExternalAccountService;
    links: IdentityLinkService;
  }) {
    this.#database = parts.database;
    this.#issuer = parts.issuer;
    this.#mail = parts.mail;
    this.#providers = parts.providers;
    this.#accounts = parts.accounts;
    this.#links = parts.links;
  }

  /** Where the browser goes to sign in. Refuses providers that are not enabled, and invitations that do not exist. */
  async begin(request: FlowRequest, info: RequestInfo): Promise<string> {
    const provider = await this.#providers.redirect(request.provider);
    const { pool } = this.#database;
    if (request.inviteToken !== '') await checkInvitation(pool, request.inviteToken);
    const name = request.provider.toLowerCase();
    const codeVerifier = provider.pkce ? generateRandomCodeVerifier() : undefined;
    const state = await insertState(pool, {
      provider: name,
      referrer: info.redirectTo,
      challenge: request.challenge,
      emailOptional: provider.emailOptional,
      inviteToken: request.inviteToken,
      linkingTargetId: request.linkingTargetId,
      clientStateId:
        codeVerifier === undefined ? '' : await insertClientState(pool, { provider: name, codeVerifier }),
    });
    const target = await provider
      .begin({
        state,
        scopes: request.scopes,
        parameters: request.parameters,
        codeVerifier,
      })
      .catch((cause: unknown) => {
        throw Object.assign(refuse.providerUnreachable(cause), { cause });
      });
    return target.href;
  }

  /** The sign-in that is under way by this state. */
  stateOf(text: string): Promise<ExternalState> {
    return readState(this.#database.pool, text);
  }

  /** Where the browser goes once it is back: with a session, or with the code of the PKCE flow. */
  async finish(state: ExternalState, callback: URLSearchParams, info: RequestInfo): Promise<string> {
    const provider = await this.#provider(state.provider);
    const codeVerifier =
      state.clientStateId === ''
        ? undefined
        : await takeClientState(this.#database.pool, state.clientStateId);
    const returned = await provider.finish(callback, codeVerifier);
    if (returned.user.emails.length === 0 && !provider.emailOptional && state.linkingTargetId === '') {
      throw refuse.unexpected('Error getting user email from external provider');
    }
    const external = withMainEmail(returned.user);
    const { account, target } = await retryRace(() =>
      this.#database.transaction(async (tx) => {
        const found = await this.#account(tx, state, external, provider.emailOptional, info);
        if (found.refusal !== undefined) return { account: found, target: () => '' };
        return { account: found, target: await this.#target(tx, state, found.userId, returned, info) };
      }),
    );
    await this.#mail.deliver(account.mails);
    if (account.refusal !== undefined) throw account.refusal;
    return target();
  }

  async #provider(name: string) {
    try {
      return await this.#providers.redirect(name);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new AuthError(400, 'oauth_provider_not_supported', message);
    }
  }

  #account(
    tx: Executor,
    state: ExternalState,
    external: ExternalUser,
    emailOptional: boolean,
    info: RequestInfo,
  ): Promise<ExternalAccount> {
    const { provider, linkingTargetId, inviteToken } = state;
    if (linkingTargetId !== '') return this.#links.link(tx, linkingTargetId, external, provider, info);
    if (inviteToken !== '') return this.#links.acceptInvitation(tx, inviteToken, external, provider, info);
    return this.#accounts.signIn(tx, external, provider, emailOptional, info);
  }

  /** Where the browser goes; to be asked when the transaction is over, and the session complete. */
  async #target(
    tx: Executor,
    state: ExternalState,
    userId: string,
    { accessToken, refreshToken }: ReturnedUser,
    info: RequestInfo,
  ): Promise<() => string> {
    if (state.isPkce) {
      const code = await completeFlowState(tx, state.id, { userId, accessToken, refreshToken });
      if (code === undefined) throw stateUsed();
      return () => withQuery(state.referrer, { code });
    }
    if (!(await deleteFlowState(tx, state.id))) throw stateNotFound();
    const session = await this.#issuer.open(tx, userId, 'oauth', info);
    return () =>
      withSession(state.referrer, session, {
        provider_token: accessToken,
        ...(refreshToken !== '' && { provider_refresh_token: refreshToken }),
      });
  }
}

async function checkInvitation(db: Executor, token: string): Promise<void> {
  if ((await findTokenOwner(db, ['confirmation_token'], [token])) === undefined) {
    throw refuse.userNotFound('User identified by token not found');
  }
}
