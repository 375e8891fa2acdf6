/** A Supabase session as it is kept on the server. */
export interface Credentials {
  accessToken: string;
  refreshToken: string;
}

/**
 * Where the Supabase sessions behind the API's own tokens are kept, by session id. Implement it to keep them elsewhere.
 * An abstract class, as it is also what the store is injected by.
 */
export abstract class CredentialsStore {
  /** Null when there are none. */
  abstract get(id: string): Promise<Credentials | null>;
  /** Keeps them, in place of those that were there. */
  abstract set(id: string, data: Credentials): Promise<void>;
  /** Replaces the access token alone. Nothing happens when there are none. */
  abstract update(id: string, accessToken: string): Promise<void>;
  /** Nothing happens when there are none. */
  abstract delete(id: string): Promise<void>;
}
