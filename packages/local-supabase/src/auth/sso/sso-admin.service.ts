import type { Database } from '../../context.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import { isUuid } from '../http/uuid.ts';
import type { AttributeMapping } from './attribute-mapping.ts';
import { fetchMetadata, parseMetadata } from './saml-metadata.ts';
import {
  deleteSsoProvider,
  findSsoProvider,
  findSsoProviderByDomain,
  findSsoProviderByEntity,
  findSsoProviderByResource,
  insertSsoProvider,
  listSsoProviders,
  updateSsoProvider,
  type SsoProvider,
} from './sso-providers.repository.ts';

/** What an administrator sends. Empty and undefined mean not sent. */
export interface SsoProviderInput {
  readonly type: string;
  readonly metadataUrl: string;
  readonly metadataXml: string;
  readonly domains: readonly string[] | undefined;
  readonly attributeMapping: AttributeMapping;
  readonly nameIdFormat: string;
  /** The administrator's own name of it; an empty one takes it away. */
  readonly resourceId: string | undefined;
  readonly disabled: boolean | undefined;
}

/** Before an administrator's own name of a provider, where its id is asked for. */
const RESOURCE_PREFIX = 'resource_';
/** Longer names have no place in Postgres's indexes. */
const MAX_NAME = 1000;

/** Formats of names that identity providers may be asked for. */
const NAME_ID_FORMATS = [
  'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
];

/** Identity providers of organizations, for holders of the secret key. */
export class SsoAdminService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All, or those whose resource id is, or begins with, what is given. */
  async list(filter: { resourceId: string; prefix: string }): Promise<SsoProvider[]> {
    const all = await listSsoProviders(this.#database.pool);
    const { resourceId, prefix } = filter;
    if (resourceId !== '') return all.filter((provider) => provider.resource_id === resourceId);
    return prefix === '' ? all : all.filter((provider) => provider.resource_id?.startsWith(prefix));
  }

  /** By its id, or by `resource_` and the administrator's own one. */
  async get(id: string): Promise<SsoProvider> {
    const provider = await this.#find(id);
    if (provider === undefined) {
      throw new AuthError(404, 'sso_provider_not_found', 'SSO Identity Provider not found');
    }
    return provider;
  }

  async #find(id: string): Promise<SsoProvider | undefined> {
    const { pool } = this.#database;
    if (!id.startsWith(RESOURCE_PREFIX)) return isUuid(id) ? findSsoProvider(pool, id) : undefined;
    const resourceId = id.slice(RESOURCE_PREFIX.length);
    return resourceId.includes('\0') ? undefined : findSsoProviderByResource(pool, resourceId);
  }

  async create(input: SsoProviderInput): Promise<SsoProvider> {
    if (input.type !== 'saml') throw refuse.validation("Only 'saml' supported for SSO provider type");
    checkInput(input);
    if (input.metadataUrl === '' && input.metadataXml === '') {
      throw refuse.validation('Either metadata_xml or metadata_url must be set');
    }
    const metadataXml = input.metadataXml || (await fetchMetadata(input.metadataUrl));
    const { entityId } = await parseMetadata(metadataXml);
    if ((await findSsoProviderByEntity(this.#database.pool, entityId)) !== undefined) throw taken(entityId);
    await this.#checkDomains(input.domains ?? [], undefined);
    const id = await this.#write(entityId, (tx) =>
      insertSsoProvider(tx, {
        entityId,
        metadataXml,
        metadataUrl: input.metadataUrl || null,
        attributeMapping: input.attributeMapping,
        nameIdFormat: input.nameIdFormat || null,
        domains: input.domains ?? [],
        resourceId: (input.resourceId ?? '') || null,
        disabled: input.disabled ?? null,
      }),
    );
    return this.get(id);
  }

  /** What is not sent stays, but for the format of names, as GoTrue does. */
  async update(id: string, input: SsoProviderInput): Promise<SsoProvider> {
    const provider = await this.get(id);
    checkInput(input);
    const sent = input.metadataXml || (input.metadataUrl && (await fetchMetadata(input.metadataUrl)));
    const metadataXml = sent || provider.metadata_xml;
    const { entityId } = await parseMetadata(metadataXml);
    if (entityId !== provider.entity_id) {
      const message = 'SAML Metadata can be updated only if the EntityID matches for the provider';
      const detail = `expected '${provider.entity_id}' but got '${entityId}'`;
      throw new AuthError(400, 'saml_entity_id_mismatch', `${message}; ${detail}`);
    }
    await this.#checkDomains(input.domains ?? [], provider.id);
    await this.#write(entityId, (tx) =>
      updateSsoProvider(tx, provider.id, {
        entityId,
        metadataXml,
        metadataUrl: input.metadataUrl || provider.metadata_url,
        attributeMapping: input.attributeMapping.keys
          ? input.attributeMapping
          : (provider.attribute_mapping ?? {}),
        nameIdFormat: input.nameIdFormat || null,
        domains: input.domains ?? provider.domains,
        resourceId: input.resourceId === undefined ? provider.resource_id : input.resourceId || null,
        disabled: input.disabled ?? provider.disabled,
      }),
    );
    return this.get(provider.id);
  }

  async delete(id: string): Promise<SsoProvider> {
    const provider = await this.get(id);
    await deleteSsoProvider(this.#database.pool, provider.id);
    return provider;
  }

  async #checkDomains(domains: readonly string[], ownId: string | undefined): Promise<void> {
    for (const domain of domains) {
      if (domain === '') throw refuse.validation('SSO Domains must not be empty');
      if (domain.length > MAX_NAME) throw refuse.validation('SSO Domain is too long');
      const owner = await findSsoProviderByDomain(this.#database.pool, domain);
      if (owner !== undefined && owner.id !== ownId) {
        const message = `SSO Domain '${domain}' is already assigned to an SSO identity provider (${owner.id})`;
        throw new AuthError(400, 'sso_domain_already_exists', message);
      }
    }
  }

  /** Two administrators at once end in the refusal that the slower one deserves. */
  async #write<T>(entityId: string, work: (tx: Executor) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction(work);
    } catch (error) {
      if (violates(error, 'saml_providers_entity_id_key')) throw taken(entityId);
      if (violates(error, 'sso_domains_domain_idx')) {
        throw new AuthError(400, 'sso_domain_already_exists', 'SSO Domain is given twice');
      }
      if (violates(error, 'sso_providers_resource_id_idx')) {
        throw new AuthError(422, 'conflict', 'Another SSO Identity Provider has this resource_id');
      }
      throw error;
    }
  }
}

/** A provider's JSON, with GoTrue's names. Lists leave out the metadata, which is long. */
export function ssoProviderJson(provider: SsoProvider, withMetadata = true): Record<string, unknown> {
  return {
    id: provider.id,
    ...(provider.resource_id !== null && { resource_id: provider.resource_id }),
    disabled: provider.disabled,
    saml: {
      entity_id: provider.entity_id,
      ...(withMetadata && { metadata_xml: provider.metadata_xml }),
      ...(provider.metadata_url !== null && { metadata_url: provider.metadata_url }),
      attribute_mapping: provider.attribute_mapping ?? {},
      ...(provider.name_id_format !== null && { name_id_format: provider.name_id_format }),
    },
    domains: provider.domains.map((domain) => ({ domain })),
    created_at: provider.created_at,
    updated_at: provider.updated_at,
  };
}

function checkInput({ metadataUrl, metadataXml, nameIdFormat, resourceId }: SsoProviderInput): void {
  if (resourceId !== undefined && resourceId.length > MAX_NAME) {
    throw refuse.validation('resource_id is too long');
  }
  if (metadataUrl !== '' && metadataXml !== '') {
    throw refuse.validation('Only one of metadata_xml or metadata_url needs to be set');
  }
  if (metadataUrl !== '') {
    const url = URL.parse(metadataUrl);
    if (url === null) throw refuse.validation('metadata_url is not a valid URL');
    const isLocal = url.hostname === '127.0.0.1' || url.hostname === 'localhost';
    if (url.protocol !== 'https:' && !isLocal) throw refuse.validation('metadata_url is not a HTTPS URL');
  }
  if (nameIdFormat !== '' && !NAME_ID_FORMATS.includes(nameIdFormat)) {
    throw refuse.validation(`name_id_format must be unspecified or one of ${NAME_ID_FORMATS.join(', ')}`);
  }
}

function taken(entityId: string): AuthError {
  const message = `SAML Identity Provider with this EntityID (${entityId}) already exists`;
  return new AuthError(422, 'saml_idp_already_exists', message);
}
