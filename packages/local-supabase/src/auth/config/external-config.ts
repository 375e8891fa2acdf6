import type { ConfigSection } from './config-section.ts';
import type { ExternalUser } from '../external/external-user.ts';
import type { JsonObject } from '../users/user.types.ts';
import { PROVIDERS } from './providers.ts';

/** One enabled `[auth.external.<name>]`. */
export interface ExternalProviderConfig {
  readonly name: string;
  /** The first one signs in by redirect; ID tokens for any of them are accepted (`client_id = "web,ios"`). */
  readonly clientIds: readonly [string, ...string[]];
  readonly secret: string;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  /** The provider's own address where it has no fixed one, or a stand-in for it; no trailing slash, or empty. */
  readonly url: string;
  /** ID tokens may come without the nonce they were asked for with. */
  readonly skipNonceCheck: boolean;
  /** Whoever has no address at the provider may sign in, too. */
  readonly emailOptional: boolean;
  /** How its claims are read, where that was said when it was added. */
  readonly readUser?: (claims: JsonObject) => ExternalUser;
}

/** Providers that the Supabase CLI lets go without a secret: apps sign in with their ID tokens only. */
const SECRETLESS = new Set(['apple', 'google']);
/** Names that GoTrue gives to its own ways of signing in. */
const RESERVED = new Set(['email', 'phone', 'anonymous_users', 'web3']);

/**
 * The enabled providers by name. A name that is none of GoTrue's is any OpenID Connect provider, found by its `url`.
 * Throws with the setting that is missing.
 */
export function readExternalConfig(
  external: ConfigSection,
  externalUrl: string,
): ReadonlyMap<string, ExternalProviderConfig> {
  const enabled = external
    .keys()
    .filter((name) => external.section(name).boolean('enabled', false))
    .map((name) => readProvider(external.section(name), name.toLowerCase(), externalUrl));
  return new Map(enabled.map((provider) => [provider.name, provider]));
}

function readProvider(section: ConfigSection, name: string, externalUrl: string): ExternalProviderConfig {
  const missing = (key: string): Error =>
    new Error(`config.toml: [auth.external.${name}] is enabled without ${key}.`);
  if (RESERVED.has(name)) throw new Error(`config.toml: [auth.external.${name}] is no external provider.`);
  const [first, ...others] = section
    .string('client_id', '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (first === undefined) throw missing('client_id');
  const secret = section.string('secret', '');
  const url = section.string('url', '').replace(/\/+$/, '');
  const isKnown = PROVIDERS.some((known) => known === name);
  if (secret === '' && !SECRETLESS.has(name)) throw missing('secret');
  if (url === '' && (!isKnown || name === 'keycloak')) throw missing('url');
  if (url !== '' && !URL.canParse(url))
    throw new Error(`config.toml: [auth.external.${name}] url must be a URL.`);
  return {
    name,
    clientIds: [first, ...others],
    secret,
    redirectUri: section.string('redirect_uri', '') || `${externalUrl}/callback`,
    url,
    skipNonceCheck: section.boolean('skip_nonce_check', false),
    emailOptional: section.boolean('email_optional', false),
  };
}
