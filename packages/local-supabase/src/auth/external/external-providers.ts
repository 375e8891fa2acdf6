import type { ExternalProviderConfig } from '../config/external-config.ts';
import { refuse } from '../errors/catalogue.ts';
import { OAuth1Redirect } from './oauth1.redirect.ts';
import { OAuth2Redirect } from './oauth2.redirect.ts';
import type { IssuerDirectory } from './oidc/issuer-directory.ts';
import type { RedirectProvider } from './redirect-provider.types.ts';
import { definitionOf } from './well-known.providers.ts';

/** The providers that this project has enabled. */
export class ExternalProviders {
  readonly #configs: ReadonlyMap<string, ExternalProviderConfig>;
  readonly #redirects: ReadonlyMap<string, RedirectProvider>;

  constructor(configs: ReadonlyMap<string, ExternalProviderConfig>, issuers: IssuerDirectory) {
    this.#configs = configs;
    const redirect = (config: ExternalProviderConfig): RedirectProvider =>
      config.name === 'twitter'
        ? new OAuth1Redirect(config)
        : new OAuth2Redirect(config, definitionOf(config.name), issuers);
    this.#redirects = new Map([...configs].map(([name, config]) => [name, redirect(config)]));
  }

  /** The provider by its name, in any case; refused when it is not enabled. */
  redirect(name: string): RedirectProvider {
    const provider = this.#redirects.get(name.toLowerCase());
    if (provider === undefined) throw refuse.providerNotEnabled(name);
    return provider;
  }

  config(name: string): ExternalProviderConfig | undefined {
    return this.#configs.get(name);
  }

  /** The enabled provider whose configured address is `issuer`. */
  byIssuer(issuer: string): ExternalProviderConfig | undefined {
    return [...this.#configs.values()].find(({ url }) => url !== '' && url === issuer.replace(/\/+$/, ''));
  }
}
