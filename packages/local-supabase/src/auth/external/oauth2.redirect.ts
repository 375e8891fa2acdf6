import { calculatePKCECodeChallenge } from 'oauth4webapi';
import type { ExternalProviderConfig } from '../config/external-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import { exchangeCode, readAsUser } from './oauth-client.ts';
import type { IssuerDirectory } from './oidc/issuer-directory.ts';
import type { ProviderDefinition, ProviderTokens } from './provider.types.ts';
import type { RedirectProvider, RedirectRequest, ReturnedUser } from './redirect-provider.types.ts';

/** Parameters that are not the client's to choose. */
const OURS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'state',
  'code_challenge',
  'code_challenge_method',
];

/** Signing in by OAuth 2.0, with or without OpenID Connect. */
export class OAuth2Redirect implements RedirectProvider {
  readonly #config: ExternalProviderConfig;
  readonly #definition: ProviderDefinition;
  readonly #issuers: IssuerDirectory;

  constructor(config: ExternalProviderConfig, definition: ProviderDefinition, issuers: IssuerDirectory) {
    this.#config = config;
    this.#definition = definition;
    this.#issuers = issuers;
  }

  get pkce(): boolean {
    return this.#definition.pkce ?? false;
  }

  get emailOptional(): boolean {
    return this.#config.emailOptional;
  }

  async begin({ state, scopes, parameters, codeVerifier }: RedirectRequest): Promise<URL> {
    const { authorize } = await this.#endpoints();
    const target = new URL(authorize);
    const asked = new URLSearchParams(parameters);
    for (const name of OURS) asked.delete(name);
    const scope = this.#scope(scopes);
    const all = {
      ...this.#definition.parameters,
      ...(scope !== '' && { scope }),
      ...Object.fromEntries(asked),
      client_id: this.#config.clientIds[0],
      redirect_uri: this.#config.redirectUri,
      response_type: 'code',
      state,
      ...(codeVerifier !== undefined && {
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      }),
    };
    for (const [name, value] of Object.entries(all)) target.searchParams.set(name, value);
    return target;
  }

  async finish(callback: URLSearchParams, codeVerifier: string | undefined): Promise<ReturnedUser> {
    const error = callback.get('error') ?? '';
    if (error !== '') throw new OAuthError(error, callback.get('error_description') ?? '');
    const code = callback.get('code') ?? '';
    if (code === '') {
      const message = 'OAuth callback with missing authorization code missing';
      throw new AuthError(400, 'bad_oauth_callback', message);
    }
    const tokens = await this.#tokens(callback, codeVerifier).catch((cause: unknown) => {
      throw Object.assign(refuse.unexpected(`Unable to exchange external code: ${code}`), { cause });
    });
    const user = await this.#user(tokens, callback).catch((cause: unknown) => {
      const message = 'Error getting user profile from external provider';
      throw Object.assign(refuse.unexpected(message), { cause });
    });
    return { user, accessToken: tokens.accessToken, refreshToken: tokens.refreshToken };
  }

  async #tokens(callback: URLSearchParams, codeVerifier: string | undefined): Promise<ProviderTokens> {
    return exchangeCode(this.#config, await this.#endpoints(), callback, codeVerifier);
  }

  async #user(tokens: ProviderTokens, callback: URLSearchParams): Promise<ReturnedUser['user']> {
    const user = await this.#definition.user({
      config: this.#config,
      tokens,
      issuers: this.#issuers,
      callback,
      get: (url, headers) => readAsUser(url, tokens.accessToken, headers),
    });
    if (user.claims.sub === '') throw new Error('The provider does not say who it is.');
    return user;
  }

  async #endpoints() {
    return this.#definition.endpoints(this.#config, this.#issuers);
  }

  #scope(asked: string): string {
    const further = this.#definition.fixedScopes ? [] : asked.split(/[\s,]+/).filter((name) => name !== '');
    return [...new Set([...this.#definition.scopes, ...further])].join(' ');
  }
}
