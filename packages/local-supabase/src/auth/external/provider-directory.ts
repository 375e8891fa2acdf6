import type { Database } from '../../context.ts';
import type { AuthConfig } from '../config/auth-config.ts';
import type { ExternalProviderConfig } from '../config/external-config.ts';
import { customConfig, customDefinition } from '../custom-providers/custom-provider.definition.ts';
import {
  findCustomProvider,
  type CustomProviderRow,
} from '../custom-providers/custom-providers.repository.ts';
import { ExternalProviders } from './external-providers.ts';
import { OAuth2Redirect } from './oauth2.redirect.ts';
import type { IssuerDirectory } from './oidc/issuer-directory.ts';
import type { RedirectProvider } from './redirect-provider.types.ts';

/** The providers of `config.toml`, and those that administrators have added while the project runs. */
export class ProviderDirectory {
  readonly #configured: ExternalProviders;
  readonly #issuers: IssuerDirectory;
  readonly #database: Database;
  /** Where providers send browsers back to. */
  readonly #callbackUrl: string;

  constructor(
    { providers, externalUrl }: Pick<AuthConfig, 'providers' | 'externalUrl'>,
    issuers: IssuerDirectory,
    database: Database,
  ) {
    this.#configured = new ExternalProviders(providers, issuers);
    this.#issuers = issuers;
    this.#database = database;
    this.#callbackUrl = `${externalUrl}/callback`;
  }

  /** The provider by its name; refused when it is not enabled. */
  async redirect(name: string): Promise<RedirectProvider> {
    const custom = await this.#custom(name);
    if (custom === undefined) return this.#configured.redirect(name);
    const config = customConfig(custom, this.#callbackUrl);
    return new OAuth2Redirect(config, customDefinition(custom), this.#issuers);
  }

  async config(name: string): Promise<ExternalProviderConfig | undefined> {
    const custom = await this.#custom(name);
    if (custom === undefined) return this.#configured.config(name);
    return custom.provider_type === 'oidc' ? customConfig(custom, this.#callbackUrl) : undefined;
  }

  /** The enabled provider of `config.toml` whose address is `issuer`. */
  byIssuer(issuer: string): ExternalProviderConfig | undefined {
    return this.#configured.byIssuer(issuer);
  }

  async #custom(name: string): Promise<CustomProviderRow | undefined> {
    if (!name.startsWith('custom:')) return undefined;
    const provider = await findCustomProvider(this.#database.pool, name);
    if (!provider?.enabled) return undefined;
    if (provider.issuer !== null && provider.discovery_url !== null) {
      this.#issuers.publish(provider.issuer.replace(/\/+$/, ''), provider.discovery_url);
    }
    return provider;
  }
}
