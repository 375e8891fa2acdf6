import { createHash } from 'node:crypto';
import type { Database } from '../../context.ts';
import type { ExternalProviderConfig } from '../config/external-config.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import type { ExternalAccount, ExternalAccountService } from './external-account.service.ts';
import type { ProviderDirectory } from './provider-directory.ts';
import { withMainEmail, type ExternalUser } from './external-user.ts';
import type { IdentityLinkService } from './identity-link.service.ts';
import { verifyIdToken, type IdTokenClaims } from './oidc/id-token.ts';
import type { IssuerDirectory } from './oidc/issuer-directory.ts';
import { isAzureIssuer, ISSUERS, issuerOf, readerOf } from './oidc/oidc-issuers.ts';
import { retryRace } from './retry-race.ts';

/** An ID token that an app got from a provider by itself. Empty members were not sent. */
export interface IdTokenRequest {
  readonly idToken: string;
  /** The token whose hash the ID token may carry (`at_hash`). */
  readonly accessToken: string;
  /** What the app made up; the ID token has its hash. */
  readonly nonce: string;
  readonly provider: string;
  readonly clientId: string;
  readonly issuer: string;
}

/** The id_token grant: signs in whom a provider's own SDK signed in, without a redirect. */
export class IdTokenGrantService {
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #mail: OneTimeMailService;
  readonly #providers: ProviderDirectory;
  readonly #issuers: IssuerDirectory;
  readonly #accounts: ExternalAccountService;
  readonly #links: IdentityLinkService;

  constructor(parts: {
    database: Database;
    issuer: SessionIssuer;
    mail: OneTimeMailService;
    providers: ProviderDirectory;
    issuers: IssuerDirectory;
    accounts: ExternalAccountService;
    links: IdentityLinkService;
  }) {
    this.#database = parts.database;
    this.#issuer = parts.issuer;
    this.#mail = parts.mail;
    this.#providers = parts.providers;
    this.#issuers = parts.issuers;
    this.#accounts = parts.accounts;
    this.#links = parts.links;
  }

  /** A session for the token's user, who may be new. */
  async signIn(request: IdTokenRequest, info: RequestInfo): Promise<TokenResponse> {
    const config = await this.#config(request);
    const external = await this.#prove(request, config);
    return this.#open(info, (tx) =>
      this.#accounts.signIn(tx, external, config.name, config.emailOptional, info),
    );
  }

  /** Adds the token's identity to the account of `userId`; the answer is a session of that account. */
  async link(request: IdTokenRequest, userId: string, info: RequestInfo): Promise<TokenResponse> {
    const config = await this.#config(request);
    const external = await this.#prove(request, config);
    return this.#open(info, (tx) => this.#links.link(tx, userId, external, config.name, info));
  }

  async #open(info: RequestInfo, find: (tx: Executor) => Promise<ExternalAccount>): Promise<TokenResponse> {
    const { account, session } = await retryRace(() =>
      this.#database.transaction(async (tx) => {
        const found = await find(tx);
        if (found.refusal !== undefined) return { account: found, session: undefined };
        return { account: found, session: await this.#issuer.open(tx, found.userId, 'oauth', info) };
      }),
    );
    await this.#mail.deliver(account.mails);
    if (session === undefined) throw account.refusal ?? refuse.unexpected('No session');
    return session;
  }

  async #config({ provider, issuer }: IdTokenRequest): Promise<ExternalProviderConfig> {
    const known = Object.keys(ISSUERS).find((name) => provider === name || issuer === ISSUERS[name]);
    const name = known ?? (provider === 'azure' || isAzureIssuer(issuer) ? 'azure' : provider);
    const config = (await this.#providers.config(name)) ?? this.#providers.byIssuer(issuer);
    if (
      config !== undefined &&
      (ISSUERS[config.name] !== undefined || config.url !== '' || name === 'azure')
    ) {
      return config;
    }
    if (known === undefined && name !== 'azure' && name !== 'keycloak') {
      throw refuse.validation(`Custom OIDC provider "${provider}" not allowed`);
    }
    const message = `Provider (issuer "${known === undefined ? issuer : (ISSUERS[known] ?? '')}") is not enabled`;
    throw new AuthError(400, 'provider_disabled', message);
  }

  async #prove(request: IdTokenRequest, config: ExternalProviderConfig): Promise<ExternalUser> {
    const address = issuerOf(config, request.idToken);
    if (address === undefined) {
      throw refuse.validation('Unable to detect issuer in ID token for Azure provider');
    }
    const issuer = await this.#issuers.find(address).catch((cause: unknown) => {
      throw Object.assign(refuse.unexpected(`Unable to reach the issuer ${address}`), { cause });
    });
    const { idToken, accessToken, nonce } = request;
    const claims = await verifyIdToken(idToken, issuer, { accessToken }).catch((cause: unknown) => {
      throw Object.assign(new OAuthError('invalid request', 'Bad ID token'), { cause });
    });
    checkClaims(claims, nonce, config);
    const external = (config.readUser ?? readerOf(config.name))(claims);
    if (external.emails.length === 0 && !config.emailOptional) {
      throw new OAuthError('invalid request', 'Bad ID token');
    }
    return withMainEmail(external);
  }
}

/** Refuses a request without a token, or without a word about whose it is. */
export function checkIdTokenRequest({ idToken, provider, issuer, clientId }: IdTokenRequest): void {
  if (idToken === '') throw new OAuthError('invalid request', 'id_token required');
  if (provider === '' && (clientId === '' || issuer === '')) {
    throw new OAuthError('invalid request', 'provider or client_id and issuer required');
  }
}

function checkClaims(claims: IdTokenClaims, nonce: string, config: ExternalProviderConfig): void {
  if (claims.sub === '') throw new OAuthError('invalid request', 'Missing sub claim in id_token');
  const audience = [claims.aud ?? []].flat();
  if (!audience.some((id) => config.clientIds.includes(id))) {
    throw new OAuthError('invalid request', `Unacceptable audience in id_token: [${audience.join(' ')}]`);
  }
  // Facebook's apps send their nonce as it is: GoTrue compares none of theirs.
  if (config.skipNonceCheck || config.name === 'facebook') return;
  const claimed = typeof claims.nonce === 'string' ? claims.nonce : '';
  if ((claimed === '') !== (nonce === '')) {
    const message = 'Passed nonce and nonce in id_token should either both exist or not.';
    throw new OAuthError('invalid request', message);
  }
  // Apps send the provider only the hash: whoever reads the ID token cannot use it elsewhere.
  if (nonce !== '' && createHash('sha256').update(nonce).digest('hex') !== claimed) {
    throw new OAuthError('invalid nonce', 'Nonces mismatch');
  }
}
