import { refuse } from '../errors/catalogue.ts';
import type { Body } from '../http/body.ts';
import type { JsonObject } from '../users/user.types.ts';
import type { CustomProviderChanges, CustomProviderType } from './custom-providers.repository.ts';

const PREFIX = 'custom:';
/** What is ours to say to providers. */
const RESERVED = [
  'client_id',
  'client_secret',
  'redirect_uri',
  'response_type',
  'state',
  'code_challenge',
  'code_challenge_method',
  'code_verifier',
  'nonce',
];
/** What no provider has a say in. */
const PROTECTED = [
  'id',
  'aud',
  'role',
  'app_metadata',
  'created_at',
  'updated_at',
  'confirmed_at',
  'email_confirmed_at',
  'phone_confirmed_at',
  'email_verified',
  'phone_verified',
  'banned_until',
  'is_super_admin',
];
const REQUIRED = ['name', 'client_id', 'client_secret'];
const REQUIRED_OF: Readonly<Record<CustomProviderType, readonly string[]>> = {
  oidc: ['issuer'],
  oauth2: ['authorization_url', 'token_url', 'userinfo_url'],
};
const URLS: Readonly<Record<CustomProviderType, readonly ('issuer' | 'discovery_url' | 'jwks_uri' | Url)[]>> =
  {
    oidc: ['issuer', 'discovery_url'],
    oauth2: ['authorization_url', 'token_url', 'userinfo_url', 'jwks_uri'],
  };
type Url = 'authorization_url' | 'token_url' | 'userinfo_url';

/** Reads and checks a new provider; the rules and texts are GoTrue's. */
export function readNewProvider(
  body: Body,
): { identifier: string; provider_type: CustomProviderType } & CustomProviderChanges {
  const type = body.string('provider_type');
  if (!isProviderType(type)) throw refuse.validation("provider_type must be either 'oauth2' or 'oidc'");
  const identifier = body.string('identifier');
  if (identifier === '') throw refuse.validation('identifier is required');
  checkIdentifier(identifier);
  for (const name of REQUIRED) {
    if (body.string(name) === '') throw refuse.validation(`${name} is required`);
  }
  for (const name of REQUIRED_OF[type]) {
    if (body.string(name) !== '') continue;
    throw refuse.validation(`${name} is required for ${type === 'oidc' ? 'OIDC' : 'OAuth2'} providers`);
  }
  const scopes = type === 'oidc' ? { scopes: withOpenId(body.strings('scopes') ?? []) } : {};
  return { ...readChanges(body, type), ...scopes, identifier, provider_type: type };
}

/** Reads and checks changes of a provider; what is missing or empty stays. */
export function readChanges(body: Body, type: CustomProviderType): CustomProviderChanges {
  const parameters = body.object('authorization_params');
  checkParameters(parameters ?? {});
  const mapping = body.object('attribute_mapping');
  checkMapping(mapping ?? {});
  const scopes = body.strings('scopes');
  const changes = {
    ...texts(body, ['name', 'client_id', 'client_secret']),
    ...urls(body, URLS[type]),
    acceptable_client_ids: body.strings('acceptable_client_ids'),
    custom_claims_allowlist: body.strings('custom_claims_allowlist'),
    scopes: scopes && type === 'oidc' ? withOpenId(scopes) : scopes,
    attribute_mapping: mapping,
    authorization_params: parameters as Record<string, string> | undefined,
    pkce_enabled: flag(body, 'pkce_enabled'),
    enabled: flag(body, 'enabled'),
    email_optional: flag(body, 'email_optional'),
    skip_nonce_check: type === 'oidc' ? flag(body, 'skip_nonce_check') : undefined,
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

export const isProviderType = (text: string): text is CustomProviderType =>
  text === 'oauth2' || text === 'oidc';

export function checkIdentifier(identifier: string): void {
  if (identifier.startsWith(PREFIX)) return;
  throw refuse.validation(`identifier must start with 'custom:' prefix, e.g. 'custom:${identifier}'`);
}

const withOpenId = (scopes: readonly string[]): string[] =>
  scopes.includes('openid') ? [...scopes] : ['openid', ...scopes];

const flag = (body: Body, name: string): boolean | undefined =>
  body.has(name) ? body.boolean(name) : undefined;

function texts(body: Body, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, body.string(name)] as const).filter(([, text]) => text !== ''),
  );
}

function urls(body: Body, names: readonly string[]): Record<string, string> {
  const given = texts(body, names);
  for (const [name, text] of Object.entries(given)) {
    const url = URL.parse(text);
    // A provider of tests listens on loopback without TLS.
    const isHere = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    if (url?.protocol !== 'https:' && !isHere) throw refuse.validation(`${name} must be an HTTPS URL`);
  }
  return given;
}

function checkParameters(parameters: JsonObject): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (RESERVED.includes(name)) {
      throw refuse.validation(`Cannot override reserved OAuth parameter: ${name}`);
    }
    if (typeof value !== 'string') {
      throw refuse.validation(`Authorization parameter "${name}" must be a string`);
    }
  }
}

function checkMapping(mapping: JsonObject): void {
  const target = Object.keys(mapping).find((name) => PROTECTED.includes(name));
  if (target !== undefined) throw refuse.validation(`Cannot map to protected system field: ${target}`);
}
