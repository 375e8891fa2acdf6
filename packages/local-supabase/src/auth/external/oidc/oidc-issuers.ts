import { decodeJwt } from 'jose';
import type { ExternalProviderConfig } from '../../config/external-config.ts';
import { isUuid } from '../../http/uuid.ts';
import {
  appleUser,
  azureUser,
  googleUser,
  kakaoUser,
  linkedinUser,
  standardUser,
  type IdTokenReader,
} from './id-token-user.ts';

/** Providers whose ID tokens are understood, by their fixed issuers; Azure's depends on the tenant. */
export const ISSUERS: Readonly<Record<string, string>> = {
  apple: 'https://appleid.apple.com',
  google: 'https://accounts.google.com',
  facebook: 'https://www.facebook.com',
  kakao: 'https://kauth.kakao.com',
  linkedin_oidc: 'https://www.linkedin.com/oauth',
};

const READERS: Readonly<Record<string, IdTokenReader>> = {
  apple: appleUser,
  azure: azureUser,
  google: googleUser,
  kakao: kakaoUser,
  linkedin_oidc: linkedinUser,
};

const AZURE = /^https:\/\/(?:login\.microsoftonline\.com|[a-z0-9-]+\.ciamlogin\.com)\/([^/]+)\/v2\.0\/?$/;
/** How a provider's ID tokens describe users. */
export function readerOf(provider: string): IdTokenReader {
  return READERS[provider] ?? standardUser;
}

/** True for an issuer that may be one of Azure's tenants. */
export function isAzureIssuer(issuer: string): boolean {
  return AZURE.test(issuer);
}

/**
 * The issuer whose tokens a provider's users bring; a configured address takes its place. Azure names the tenant in the
 * token: any tenant's will do unless one is configured by its id. Undefined for a token of somebody else.
 */
export function issuerOf(config: ExternalProviderConfig, idToken: string): string | undefined {
  if (config.name !== 'azure') return config.url === '' ? ISSUERS[config.name] : config.url;
  const claimed = claimedIssuer(idToken);
  const tenant = AZURE.exec(`${config.url}/v2.0`)?.[1];
  const isNamed = config.url !== '' && (tenant === undefined || isUuid(tenant));
  if (isNamed) return claimed === `${config.url}/v2.0` ? claimed : undefined;
  return isAzureIssuer(claimed) ? claimed : undefined;
}

/** The issuer that a token names, before anything is proven. */
export function claimedIssuer(idToken: string): string {
  try {
    return decodeJwt(idToken).iss ?? '';
  } catch {
    return '';
  }
}
