import type { ExternalProviderConfig } from '../config/external-config.ts';
import { standardUser } from '../external/oidc/id-token-user.ts';
import { STANDARD_PROVIDER } from '../external/profile/openid.providers.ts';
import type { ExternalUser } from '../external/external-user.ts';
import type { ProviderDefinition } from '../external/provider.types.ts';
import type { JsonObject } from '../users/user.types.ts';
import type { CustomProviderRow } from './custom-providers.repository.ts';

/** A provider of the database, as those of `config.toml` are described. */
export function customConfig(provider: CustomProviderRow, redirectUri: string): ExternalProviderConfig {
  return {
    name: provider.identifier,
    clientIds: [provider.client_id, ...provider.acceptable_client_ids],
    secret: provider.client_secret,
    redirectUri,
    url: (provider.issuer ?? '').replace(/\/+$/, ''),
    skipNonceCheck: provider.skip_nonce_check,
    emailOptional: provider.email_optional,
    readUser: (claims) => readUser(provider, claims),
  };
}

/** How it works: as any provider of OpenID Connect, or by the addresses it was given. */
export function customDefinition(provider: CustomProviderRow): ProviderDefinition {
  const common = {
    scopes: provider.scopes,
    parameters: provider.authorization_params,
    pkce: provider.pkce_enabled,
  };
  if (provider.provider_type === 'oidc') return { ...STANDARD_PROVIDER, ...common };
  return {
    ...common,
    endpoints: () => ({ authorize: provider.authorization_url ?? '', token: provider.token_url ?? '' }),
    user: async ({ get }) => {
      const told = (await get(provider.userinfo_url ?? '')).at() as JsonObject;
      return readUser(provider, { iss: new URL(provider.userinfo_url ?? '').origin, ...told });
    },
  };
}

/** Who it is, after what the provider calls by other names has been renamed. */
function readUser(provider: CustomProviderRow, told: JsonObject): ExternalUser {
  const renamed = Object.entries(provider.attribute_mapping).map(([name, source]) => [
    name,
    typeof source === 'string' ? told[source] : source,
  ]);
  const claims: JsonObject = { ...told, ...(Object.fromEntries(renamed) as JsonObject) };
  const { sub = claims.id } = claims;
  const id = typeof sub === 'string' || typeof sub === 'number' ? String(sub) : '';
  const user = standardUser({ ...claims, sub: id });
  const kept = provider.custom_claims_allowlist
    .filter((name) => claims[name] !== undefined)
    .map((name) => [name, claims[name]]);
  if (kept.length === 0) return user;
  return { ...user, claims: { ...user.claims, custom_claims: Object.fromEntries(kept) as JsonObject } };
}
