import type { Executor } from '../database/executor.ts';
import type { JsonObject } from '../users/user.types.ts';

export type CustomProviderType = 'oauth2' | 'oidc';

/** One row of `auth.custom_oauth_providers`. */
export interface CustomProviderRow {
  id: string;
  provider_type: CustomProviderType;
  /** `custom:` and a name. */
  identifier: string;
  name: string;
  client_id: string;
  client_secret: string;
  acceptable_client_ids: string[];
  scopes: string[];
  custom_claims_allowlist: string[];
  pkce_enabled: boolean;
  attribute_mapping: JsonObject;
  authorization_params: Record<string, string>;
  enabled: boolean;
  email_optional: boolean;
  issuer: string | null;
  discovery_url: string | null;
  skip_nonce_check: boolean;
  authorization_url: string | null;
  token_url: string | null;
  userinfo_url: string | null;
  jwks_uri: string | null;
  created_at: Date;
  updated_at: Date;
}

/** What an administrator says of a provider. */
export type CustomProviderChanges = Partial<
  Omit<CustomProviderRow, 'id' | 'identifier' | 'provider_type' | 'created_at' | 'updated_at'>
>;

const COLUMNS = `id, provider_type, identifier, name, client_id, client_secret, acceptable_client_ids, scopes,
  custom_claims_allowlist, pkce_enabled, attribute_mapping, authorization_params, enabled, email_optional, issuer,
  discovery_url, skip_nonce_check, authorization_url, token_url, userinfo_url, jwks_uri, created_at, updated_at`;

export async function findCustomProvider(
  db: Executor,
  identifier: string,
): Promise<CustomProviderRow | undefined> {
  const { rows } = await db.query<CustomProviderRow>(
    `select ${COLUMNS} from auth.custom_oauth_providers where identifier = $1`,
    [identifier],
  );
  return rows[0];
}

/** All of them, or those of one type, newest first. */
export async function listCustomProviders(
  db: Executor,
  type: CustomProviderType | undefined,
): Promise<CustomProviderRow[]> {
  const { rows } = await db.query<CustomProviderRow>(
    `select ${COLUMNS} from auth.custom_oauth_providers where $1::text is null or provider_type = $1
     order by created_at desc, id`,
    [type ?? null],
  );
  return rows;
}

/** Stores a provider. Column names are those of the types above, never a request's. */
export async function insertCustomProvider(
  db: Executor,
  provider: Pick<CustomProviderRow, 'identifier' | 'provider_type'> & CustomProviderChanges,
): Promise<void> {
  const columns = Object.keys(provider);
  await db.query(
    `insert into auth.custom_oauth_providers (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(provider),
  );
}

export async function updateCustomProvider(
  db: Executor,
  id: string,
  changes: CustomProviderChanges,
): Promise<void> {
  const columns = Object.keys(changes).map((column, index) => `, ${column} = $${index + 2}`);
  await db.query(
    `update auth.custom_oauth_providers set updated_at = now()${columns.join('')} where id = $1`,
    [id, ...Object.values(changes)],
  );
}

export async function deleteCustomProvider(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.custom_oauth_providers where id = $1', [id]);
}
