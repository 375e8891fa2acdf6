import type { ExternalUser } from './external-user.ts';

/** What a client may add to the provider's address. */
export interface RedirectRequest {
  readonly state: string;
  /** As the client writes them: separated by commas or spaces. */
  readonly scopes: string;
  /** Further parameters for the provider, as they are. */
  readonly parameters: URLSearchParams;
  /** The secret of our own PKCE with the provider, where it wants one. */
  readonly codeVerifier: string | undefined;
}

/** A user who came back from his provider, and what reaches the provider's API as him. */
export interface ReturnedUser {
  readonly user: ExternalUser;
  readonly accessToken: string;
  /** Empty where the provider gives none. */
  readonly refreshToken: string;
}

/** A provider that users are sent to, and come back from. */
export interface RedirectProvider {
  /** Our PKCE with the provider is asked for. */
  readonly pkce: boolean;
  /** Whoever has no address there may sign in. */
  readonly emailOptional: boolean;
  /** Where the user is sent. */
  begin(request: RedirectRequest): Promise<URL>;
  /** Who came back. Refuses what the provider does not accept. */
  finish(callback: URLSearchParams, codeVerifier: string | undefined): Promise<ReturnedUser>;
}
