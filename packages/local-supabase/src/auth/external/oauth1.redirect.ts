import type { ExternalProviderConfig } from '../config/external-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { Document } from './document.ts';
import { identityClaims, onlyEmail, type ExternalUser } from './external-user.ts';
import { signRequest, type Signer } from './oauth1.signature.ts';
import { TIMEOUT } from './oidc/issuer-directory.ts';
import { hostOf } from './provider.types.ts';
import type { RedirectProvider, RedirectRequest, ReturnedUser } from './redirect-provider.types.ts';

/** Signing in by OAuth 1.0a, which is left of Twitter only; its successor is the provider `x`. */
export class OAuth1Redirect implements RedirectProvider {
  readonly pkce = false;
  readonly emailOptional: boolean;
  readonly #config: ExternalProviderConfig;
  readonly #host: string;

  constructor(config: ExternalProviderConfig) {
    this.#config = config;
    this.#host = hostOf(config, 'api.twitter.com');
    this.emailOptional = config.emailOptional;
  }

  /** The state travels in the address to come back to, for which the provider gives a token. */
  async begin({ state }: RedirectRequest): Promise<URL> {
    const back = new URL(this.#config.redirectUri);
    back.searchParams.set('state', state);
    const answer = await this.#ask('/oauth/request_token', {}, { oauth_callback: back.href });
    const target = new URL(`${this.#host}/oauth/authenticate`);
    target.searchParams.set('oauth_token', answer.get('oauth_token') ?? '');
    return target;
  }

  async finish(callback: URLSearchParams): Promise<ReturnedUser> {
    const token = callback.get('oauth_token') ?? '';
    const verifier = callback.get('oauth_verifier') ?? '';
    if (callback.has('denied')) throw new AuthError(403, 'bad_oauth_callback', 'The user denied the request');
    const answer = await this.#ask('/oauth/access_token', { token }, { oauth_verifier: verifier }).catch(
      (cause: unknown) => {
        throw Object.assign(refuse.unexpected('Unable to retrieve access token'), { cause });
      },
    );
    const accessToken = answer.get('oauth_token') ?? '';
    const signer = { token: accessToken, tokenSecret: answer.get('oauth_token_secret') ?? '' };
    const user = await this.#user(signer).catch((cause: unknown) => {
      const message = 'Error getting user email from external provider';
      throw Object.assign(refuse.unexpected(message), { cause });
    });
    return { user, accessToken, refreshToken: '' };
  }

  async #user(signer: Pick<Signer, 'token' | 'tokenSecret'>): Promise<ExternalUser> {
    const address = `${this.#host}/1.1/account/verify_credentials.json`;
    const query = 'include_entities=false&skip_status=true&include_email=true';
    const user = new Document(JSON.parse(await this.#send('GET', new URL(`${address}?${query}`), signer)));
    const [sub, name, login] = [user.text('id_str'), user.text('name'), user.text('screen_name')];
    if (sub === '') throw new Error('The provider does not say who it is.');
    const picture = user.text('profile_image_url_https');
    return {
      emails: onlyEmail(user.text('email'), true),
      claims: identityClaims({
        iss: address,
        sub,
        name,
        picture,
        preferred_username: login,
        user_name: login,
        full_name: name,
        avatar_url: picture,
        provider_id: sub,
      }),
    };
  }

  async #ask(
    path: string,
    signer: Pick<Signer, 'token'>,
    parameters: Record<string, string>,
  ): Promise<URLSearchParams> {
    return new URLSearchParams(await this.#send('POST', new URL(`${this.#host}${path}`), signer, parameters));
  }

  async #send(
    method: string,
    url: URL,
    signer: Pick<Signer, 'token' | 'tokenSecret'>,
    parameters: Record<string, string> = {},
  ): Promise<string> {
    const { clientIds, secret } = this.#config;
    const authorization = signRequest(method, url, { key: clientIds[0], secret, ...signer }, parameters);
    const response = await fetch(url, {
      method,
      headers: { authorization },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) throw new Error(`The provider answered ${response.status} to ${url.pathname}.`);
    return response.text();
  }
}
