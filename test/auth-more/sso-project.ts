import { randomUUID } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import {
  makeIdentityProvider,
  type Claims,
  type IdentityProvider,
} from '../../packages/local-supabase/test/auth/external/identity-provider.ts';
import { supabaseUnderTest } from '../harness/environment.js';
import { follow } from './travel.js';

/** An organization whose people sign in by SAML 2.0, registered at the local Supabase. */
export interface Organization {
  domain: string;
  idp: IdentityProvider;
}

const saml = (): string => `${supabaseUnderTest().url}/auth/v1/sso/saml`;

/** An identity provider of tests; nobody knows it yet. */
export const newIdentityProvider = (): Promise<IdentityProvider> =>
  makeIdentityProvider(`https://${randomUUID()}.example/idp`, {
    entityId: `${saml()}/metadata`,
    acsUrl: `${saml()}/acs`,
  });

/** An organization, registered by its metadata as an administrator of Supabase does it. */
export async function newOrganization(): Promise<Organization> {
  const idp = await newIdentityProvider();
  const domain = `${randomUUID()}.example`;
  const { url, serviceRoleKey } = supabaseUnderTest();
  const response = await fetch(`${url}/auth/v1/admin/sso/providers`, {
    method: 'POST',
    headers: {
      apikey: serviceRoleKey,
      authorization: `Bearer ${serviceRoleKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ type: 'saml', metadata_xml: idp.metadata, domains: [domain] }),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return { domain, idp };
}

/** What the browser carries from the API to the identity provider. */
export function requestIn(url: string): { id: string; relayState: string; xml: string } {
  const query = new URL(url).searchParams;
  const xml = inflateRawSync(Buffer.from(query.get('SAMLRequest') ?? '', 'base64')).toString();
  return { id: / ID="([^"]+)"/.exec(xml)?.[1] ?? '', relayState: query.get('RelayState') ?? '', xml };
}

/** The browser takes an answer of the identity provider to Supabase, and is sent on: to the API, or elsewhere. */
export async function bringBack(
  { id, relayState }: { id: string; relayState: string },
  idp: IdentityProvider,
  claims: Claims,
  sign?: 'nothing',
): Promise<URL> {
  const SAMLResponse = idp.answer({ inResponseTo: id, ...claims }, sign);
  const body = new URLSearchParams({ SAMLResponse, RelayState: relayState });
  return new URL(await follow(`${saml()}/acs`, { method: 'POST', body }));
}
