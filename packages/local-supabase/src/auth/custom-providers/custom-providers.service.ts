import type { Database } from '../../context.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { Body } from '../http/body.ts';
import { checkIdentifier, isProviderType, readChanges, readNewProvider } from './custom-provider.input.ts';
import {
  deleteCustomProvider,
  findCustomProvider,
  insertCustomProvider,
  listCustomProviders,
  updateCustomProvider,
  type CustomProviderRow,
} from './custom-providers.repository.ts';

/** Providers that administrators add while the project runs. */
export class CustomProvidersService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(type: string): Promise<Record<string, unknown>[]> {
    if (type !== '' && !isProviderType(type)) {
      throw refuse.validation("type must be either 'oauth2' or 'oidc'");
    }
    const rows = await listCustomProviders(this.#database.pool, type === '' ? undefined : type);
    return rows.map(providerJson);
  }

  async create(body: Body): Promise<Record<string, unknown>> {
    const provider = readNewProvider(body);
    try {
      await insertCustomProvider(this.#database.pool, provider);
    } catch (error) {
      if (!violates(error, 'custom_oauth_providers_identifier_key')) throw error;
      const message = 'A custom OAuth provider with this identifier already exists';
      throw new AuthError(400, 'conflict', message);
    }
    return this.get(provider.identifier);
  }

  async get(identifier: string): Promise<Record<string, unknown>> {
    return providerJson(await this.#find(identifier));
  }

  async update(identifier: string, body: Body): Promise<Record<string, unknown>> {
    const { id, provider_type: type } = await this.#find(identifier);
    await updateCustomProvider(this.#database.pool, id, readChanges(body, type));
    return this.get(identifier);
  }

  async delete(identifier: string): Promise<void> {
    await deleteCustomProvider(this.#database.pool, (await this.#find(identifier)).id);
  }

  async #find(identifier: string): Promise<CustomProviderRow> {
    checkIdentifier(identifier);
    const provider = await findCustomProvider(this.#database.pool, identifier);
    if (provider === undefined) {
      throw new AuthError(404, 'provider_not_found', 'Custom OAuth provider not found');
    }
    return provider;
  }
}

/** A provider as the admin API answers it: without its secret, and without what it does not have. */
function providerJson(provider: CustomProviderRow): Record<string, unknown> {
  const shown = Object.entries(provider).filter(
    ([name, value]) => name !== 'client_secret' && value !== null,
  );
  return Object.fromEntries(shown);
}
