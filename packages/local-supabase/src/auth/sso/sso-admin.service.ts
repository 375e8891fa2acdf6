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
}

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

  async list(): Promise<SsoProvider[]> {
    return listSsoProviders(this.#database.pool);
  }

  async get(id: string): Promise<SsoProvider> {
    const provider = isUuid(id) ? await findSsoProvider(this.#database.pool, id) : undefined;
    if (provider === undefined) {
      throw new AuthError(404, 'sso_provider_not_found', 'SSO Identity Provider not found');
    }
    return provider;
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
      }),
    );
    return this.get(id);
  }

  /** Domains and metadata that are not sent stay; the mapping is replaced by what is sent, as GoTrue does. */
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
        attributeMapping: input.attributeMapping,
        nameIdFormat: input.nameIdFormat || null,
        domains: input.domains ?? provider.domains,
      }),
    );
    return this.get(id);
  }

  async delete(id: string): Promise<SsoProvider> {
    const provider = await this.get(id);
    await deleteSsoProvider(this.#database.pool, provider.id);
    return provider;
  }

  async #checkDomains(domains: readonly string[], ownId: string | undefined): Promise<void> {
    for (const domain of domains) {
      if (domain === '') throw refuse.validation('SSO Domains must not be empty');
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

function checkInput({ metadataUrl, metadataXml, nameIdFormat }: SsoProviderInput): void {
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
