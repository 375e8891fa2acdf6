import type { ExternalProviderConfig } from '../config/external-config.ts';
import type { Document } from './document.ts';
import type { ExternalUser } from './external-user.ts';
import type { IssuerDirectory } from './oidc/issuer-directory.ts';

/** Where a provider asks its users, and where it exchanges codes. */
export interface Endpoints {
  readonly authorize: string;
  readonly token: string;
  /** Set for OpenID Connect: an answer that names another issuer is refused. */
  readonly issuer?: string;
}

/** What a provider gave for a code. */
export interface ProviderTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly idToken: string | undefined;
  /** The whole answer, for what only one provider sends. */
  readonly answer: Document;
}

/** What a definition needs to read the user who just came back. */
export interface ProviderSession {
  readonly config: ExternalProviderConfig;
  readonly tokens: ProviderTokens;
  readonly issuers: IssuerDirectory;
  /** What came along with the code. */
  readonly callback: URLSearchParams;
  /** A document of the provider's API, read as the user. */
  readonly get: (url: string, headers?: Record<string, string>) => Promise<Document>;
}

/** How one provider works. Hosts, scopes and what is read are GoTrue's. */
export interface ProviderDefinition {
  /** Asked for always; what the client asks for comes on top. */
  readonly scopes: readonly string[];
  /** The client's scopes are not passed on. */
  readonly fixedScopes?: boolean;
  /** Added to the address that users are sent to. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The provider asks for PKCE, even of clients with a secret. */
  readonly pkce?: boolean;
  readonly endpoints: (
    config: ExternalProviderConfig,
    issuers: IssuerDirectory,
  ) => Endpoints | Promise<Endpoints>;
  readonly user: (session: ProviderSession) => Promise<ExternalUser>;
}

/** The configured address, or the provider's own. */
export function hostOf({ url }: ExternalProviderConfig, standard: string): string {
  return url === '' ? `https://${standard}` : url;
}
