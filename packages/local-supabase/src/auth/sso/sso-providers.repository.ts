import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import type { AttributeMapping } from './attribute-mapping.ts';

/** An identity provider of an organization, with its domains. */
export interface SsoProvider {
  id: string;
  resource_id: string | null;
  disabled: boolean | null;
  created_at: Date;
  updated_at: Date;
  entity_id: string;
  metadata_xml: string;
  metadata_url: string | null;
  attribute_mapping: AttributeMapping | null;
  name_id_format: string | null;
  metadata_updated_at: Date;
  domains: string[];
}

/** What an administrator says of a provider. */
export interface SsoProviderData {
  entityId: string;
  metadataXml: string;
  metadataUrl: string | null;
  attributeMapping: AttributeMapping;
  nameIdFormat: string | null;
  domains: readonly string[];
  resourceId: string | null;
  disabled: boolean | null;
}

const SELECT = `
  select p.id, p.resource_id, p.disabled, p.created_at, p.updated_at, s.entity_id, s.metadata_xml, s.metadata_url,
    s.attribute_mapping, s.name_id_format, s.updated_at as metadata_updated_at,
    array(select d.domain from auth.sso_domains d where d.sso_provider_id = p.id order by d.created_at, d.domain) as domains
  from auth.sso_providers p join auth.saml_providers s on s.sso_provider_id = p.id`;

export async function listSsoProviders(db: Executor): Promise<SsoProvider[]> {
  return (await db.query<SsoProvider>(`${SELECT} order by p.created_at, p.id`)).rows;
}

export async function findSsoProvider(db: Executor, id: string): Promise<SsoProvider | undefined> {
  return (await db.query<SsoProvider>(`${SELECT} where p.id = $1`, [id])).rows[0];
}

/** The provider of an administrator's own name, in any case. */
export async function findSsoProviderByResource(
  db: Executor,
  resourceId: string,
): Promise<SsoProvider | undefined> {
  return (await db.query<SsoProvider>(`${SELECT} where lower(p.resource_id) = lower($1)`, [resourceId]))
    .rows[0];
}

export async function findSsoProviderByEntity(
  db: Executor,
  entityId: string,
): Promise<SsoProvider | undefined> {
  return (await db.query<SsoProvider>(`${SELECT} where s.entity_id = $1`, [entityId])).rows[0];
}

/** The provider that a domain, in any case, belongs to. */
export async function findSsoProviderByDomain(
  db: Executor,
  domain: string,
): Promise<SsoProvider | undefined> {
  const where = `where exists (select 1 from auth.sso_domains d
    where d.sso_provider_id = p.id and lower(d.domain) = lower($1))`;
  return (await db.query<SsoProvider>(`${SELECT} ${where}`, [domain])).rows[0];
}

/** Stores a provider, and answers its id. */
export async function insertSsoProvider(db: Executor, data: SsoProviderData): Promise<string> {
  const id = randomUUID();
  await db.query(
    `insert into auth.sso_providers (id, resource_id, disabled, created_at, updated_at)
     values ($1, $2, $3, now(), now())`,
    [id, data.resourceId, data.disabled],
  );
  await db.query(
    `insert into auth.saml_providers (id, sso_provider_id, entity_id, metadata_xml, metadata_url, attribute_mapping,
       name_id_format, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, now(), now())`,
    [randomUUID(), id, data.entityId, ...samlColumns(data)],
  );
  await insertDomains(db, id, data.domains);
  return id;
}

/** Replaces what is stored of a provider. */
export async function updateSsoProvider(db: Executor, id: string, data: SsoProviderData): Promise<void> {
  await db.query(
    'update auth.sso_providers set resource_id = $2, disabled = $3, updated_at = now() where id = $1',
    [id, data.resourceId, data.disabled],
  );
  await db.query(
    `update auth.saml_providers set metadata_xml = $2, metadata_url = $3, attribute_mapping = $4, name_id_format = $5,
       updated_at = now()
     where sso_provider_id = $1`,
    [id, ...samlColumns(data)],
  );
  await db.query('delete from auth.sso_domains where sso_provider_id = $1', [id]);
  await insertDomains(db, id, data.domains);
}

/** Stores metadata that was fetched again. */
export async function updateMetadata(db: Executor, id: string, xml: string): Promise<void> {
  await db.query(
    'update auth.saml_providers set metadata_xml = $2, updated_at = now() where sso_provider_id = $1',
    [id, xml],
  );
}

/** Removes the provider with its domains. Its users stay. */
export async function deleteSsoProvider(db: Executor, id: string): Promise<void> {
  await db.query('delete from auth.sso_providers where id = $1', [id]);
}

function samlColumns(data: SsoProviderData): unknown[] {
  return [data.metadataXml, data.metadataUrl, JSON.stringify(data.attributeMapping), data.nameIdFormat];
}

async function insertDomains(db: Executor, id: string, domains: readonly string[]): Promise<void> {
  for (const domain of domains) {
    await db.query(
      `insert into auth.sso_domains (id, sso_provider_id, domain, created_at, updated_at)
       values ($1, $2, $3, clock_timestamp(), now())`,
      [randomUUID(), id, domain],
    );
  }
}
