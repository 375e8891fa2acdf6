import { parseStringPromise, processors } from 'xml2js';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { Document } from '../external/document.ts';

/** What an identity provider publishes of itself. */
export interface IdentityProvider {
  readonly entityId: string;
  /** Where browsers are sent with a request (HTTP-Redirect binding). Empty where it takes none. */
  readonly signInUrl: string;
  /** Certificates that it may sign with, base64 DER. */
  readonly certificates: readonly string[];
  readonly validUntil: Date | undefined;
}

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
/** Bytes and milliseconds that a document may take. */
const MAX_SIZE = 1024 * 1024;
const TIMEOUT = 10_000;

/** Reads metadata; refuses what is none or describes no single identity provider. */
export async function parseMetadata(xml: string): Promise<IdentityProvider> {
  // Definitions of entities have no place here, and are how XML documents explode.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw refuse.validation('SAML Metadata must not have a DOCTYPE');
  const document = new Document(await parseXml(xml));
  const entity = findEntity(document);
  const entityId = entity.text('$', 'entityID');
  if (entityId === '') throw refuse.validation('SAML Metadata does not contain an EntityID');
  const descriptors = entity.list('IDPSSODescriptor');
  const [descriptor] = descriptors;
  if (descriptor === undefined) {
    throw refuse.validation('SAML Metadata does not contain any IDPSSODescriptor');
  }
  if (descriptors.length > 1) throw refuse.validation('SAML Metadata contains multiple IDPSSODescriptors');
  const services = descriptor.list('SingleSignOnService');
  const redirect = services.find((service) => service.text('$', 'Binding') === REDIRECT);
  const until = new Date(entity.text('$', 'validUntil'));
  return {
    entityId,
    signInUrl: redirect?.text('$', 'Location') ?? '',
    certificates: descriptor
      .list('KeyDescriptor')
      .filter((key) => key.text('$', 'use') !== 'encryption')
      .flatMap((key) => key.list('KeyInfo', 0, 'X509Data').flatMap((data) => data.list('X509Certificate')))
      .map((certificate) => (certificate.text() || certificate.text('_')).replace(/\s/g, ''))
      .filter((certificate) => certificate !== ''),
    validUntil: Number.isNaN(until.getTime()) ? undefined : until,
  };
}

/** Fetches metadata. Refuses what cannot be had. */
export async function fetchMetadata(url: string): Promise<string> {
  const failed = (reason: string): AuthError =>
    new AuthError(
      400,
      'saml_metadata_fetch_failed',
      `${reason} error fetching SAML Metadata from URL '${url}'`,
    );
  const response = await fetch(url, {
    headers: { accept: 'application/xml;charset=UTF-8' },
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch((cause: unknown) => {
    throw Object.assign(failed('Network'), { cause });
  });
  if (response.status !== 200) throw failed(`HTTP ${response.status}`);
  const text = await response.text();
  if (text.length > MAX_SIZE) throw failed('Size');
  return text;
}

async function parseXml(xml: string): Promise<unknown> {
  try {
    return await parseStringPromise(xml, { tagNameProcessors: [processors.stripPrefix] });
  } catch (cause) {
    throw Object.assign(refuse.validation('SAML Metadata is not valid XML'), { cause });
  }
}

/** The entity itself, or the first identity provider of a federation. */
function findEntity(document: Document): Document {
  const single = document.at('EntityDescriptor');
  if (single !== undefined) return new Document(single);
  const entities = document.list('EntitiesDescriptor', 'EntityDescriptor');
  const provider = entities.find((entity) => entity.list('IDPSSODescriptor').length > 0);
  if (provider === undefined) throw refuse.validation('SAML Metadata does not contain an EntityID');
  return provider;
}
