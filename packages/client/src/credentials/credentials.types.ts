/** What a session is remembered by. */
export interface Credentials {
  accessToken: string;
  refreshToken: string;
}

/**
 * Where credentials are kept, by an id that the user of the client chooses: an e-mail, a URL, a session's id. Implement it
 * to keep them elsewhere, and hold it against `credentialsConformance`.
 */
export interface CredentialsManager {
  /** Null when there are none. */
  get(id: string): Promise<Credentials | null>;
  /** Keeps them, in place of those that were there. */
  set(id: string, data: Credentials): Promise<void>;
  /** Replaces the access token alone. Nothing happens when there are none. */
  update(id: string, accessToken: string): Promise<void>;
  /** Nothing happens when there are none. */
  delete(id: string): Promise<void>;
  /**
   * Does `work` while nobody else who shares the store does his under the same id, so that a session is refreshed once. A
   * manager without it is as good as its store in all else; two processes may then refresh at the same moment, which the
   * server's reuse interval allows for.
   */
  lock?<T>(id: string, work: () => Promise<T>): Promise<T>;
}
