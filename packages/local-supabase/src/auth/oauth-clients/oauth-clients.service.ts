import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../../context.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { isUuid } from '../http/uuid.ts';
import { AUTH_METHODS, clientTypeOf, type OAuthClientInput } from './oauth-client.input.ts';
import {
  deleteOAuthClient,
  findOAuthClient,
  insertOAuthClient,
  listOAuthClients,
  updateOAuthClient,
  type OAuthClientChanges,
  type OAuthClientRow,
} from './oauth-clients.repository.ts';

/** A client as the admin API answers it; the secret only when it was just made. */
export type OAuthClientJson = Record<string, unknown>;

/** Applications that may sign users in with this project. */
export class OAuthClientsService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(input: OAuthClientInput, registration: 'manual' | 'dynamic'): Promise<OAuthClientJson> {
    if (input.redirectUris === undefined) throw refuse.validation('redirect_uris is required');
    const id = randomUUID();
    const type = clientTypeOf(input);
    const secret = type === 'confidential' ? makeSecret() : undefined;
    await insertOAuthClient(this.#database.pool, {
      id,
      client_secret_hash: secret === undefined ? null : hashSecret(secret),
      registration_type: registration,
      redirect_uris: input.redirectUris.join(','),
      grant_types: (input.grantTypes?.length
        ? input.grantTypes
        : ['authorization_code', 'refresh_token']
      ).join(','),
      client_name: orNull(input.name),
      client_uri: orNull(input.clientUri),
      logo_uri: orNull(input.logoUri),
      client_type: type,
      token_endpoint_auth_method: orNull(input.authMethod) ?? AUTH_METHODS[type][0] ?? '',
    });
    return withSecret(clientJson(await this.#find(id)), secret);
  }

  async get(id: string): Promise<OAuthClientJson> {
    return clientJson(await this.#find(id));
  }

  async list(page: {
    limit: number;
    offset: number;
  }): Promise<{ clients: OAuthClientJson[]; total: number }> {
    const { clients, total } = await listOAuthClients(this.#database.pool, page);
    return { clients: clients.map(clientJson), total };
  }

  async update(id: string, input: OAuthClientInput): Promise<OAuthClientJson> {
    const client = await this.#find(id);
    const changes: OAuthClientChanges = {
      ...(input.redirectUris && { redirect_uris: input.redirectUris.join(',') }),
      ...(input.grantTypes && { grant_types: grantTypes(input.grantTypes) }),
      ...(input.name !== undefined && { client_name: orNull(input.name) }),
      ...(input.clientUri !== undefined && { client_uri: orNull(input.clientUri) }),
      ...(input.logoUri !== undefined && { logo_uri: orNull(input.logoUri) }),
      ...(input.authMethod && { token_endpoint_auth_method: methodFor(client, input.authMethod) }),
    };
    if (Object.keys(changes).length === 0) throw refuse.validation('No fields provided for update');
    await updateOAuthClient(this.#database.pool, client.id, changes);
    return clientJson(await this.#find(id));
  }

  async delete(id: string): Promise<void> {
    await deleteOAuthClient(this.#database.pool, (await this.#find(id)).id);
  }

  /** Replaces the secret; the old one stops to work. */
  async regenerateSecret(id: string): Promise<OAuthClientJson> {
    const client = await this.#find(id);
    if (client.client_type !== 'confidential') {
      throw refuse.validation('Cannot regenerate secret for public client');
    }
    const secret = makeSecret();
    await updateOAuthClient(this.#database.pool, client.id, { client_secret_hash: hashSecret(secret) });
    return withSecret(clientJson(await this.#find(id)), secret);
  }

  async #find(id: string): Promise<OAuthClientRow> {
    if (!isUuid(id)) throw refuse.validation('invalid client_id format');
    const client = await findOAuthClient(this.#database.pool, id);
    if (client === undefined) throw new AuthError(404, 'oauth_client_not_found', 'OAuth client not found');
    return client;
  }
}

function clientJson(client: OAuthClientRow): OAuthClientJson {
  return {
    client_id: client.id,
    client_type: client.client_type,
    redirect_uris: client.redirect_uris.split(','),
    token_endpoint_auth_method: client.token_endpoint_auth_method,
    grant_types: client.grant_types.split(','),
    response_types: ['code'],
    ...(client.client_name !== null && { client_name: client.client_name }),
    ...(client.client_uri !== null && { client_uri: client.client_uri }),
    ...(client.logo_uri !== null && { logo_uri: client.logo_uri }),
    registration_type: client.registration_type,
    created_at: client.created_at,
    updated_at: client.updated_at,
  };
}

function withSecret({ client_id, ...client }: OAuthClientJson, secret: string | undefined): OAuthClientJson {
  return { client_id, ...(secret !== undefined && { client_secret: secret }), ...client };
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

function grantTypes(grants: readonly string[]): string {
  if (grants.length === 0) throw refuse.validation('grant_types cannot be empty');
  return grants.join(',');
}

function methodFor({ client_type: type }: OAuthClientRow, method: string): string {
  if (AUTH_METHODS[type].includes(method)) return method;
  const valid = `valid methods: [${AUTH_METHODS[type].join(' ')}]`;
  throw refuse.validation(
    `token_endpoint_auth_method '${method}' is not valid for client_type '${type}'; ${valid}`,
  );
}

function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The secret has 256 random bits: a plain hash keeps it as well as a slow one. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
