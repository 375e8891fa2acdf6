import { AuthenticationError, SignedOutError, ValidationError } from '../client/errors.ts';
import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { timesOf } from './token-claims.ts';

/** An access token with less time left than this is renewed before it is used; of a short life, a fifth. */
const MARGIN_SECONDS = 30;

/** The renewals under way in this process: clients that share a manager share them. */
const underWay = new WeakMap<CredentialsManager, Map<string, Promise<Credentials>>>();

/** Told when somebody has signed in (or the tokens are new) and, with null, when nobody is signed in any more. */
export type SessionListener = (credentials: Credentials | null) => void;

/**
 * One session, as remembered by a credentials manager: its access token is good when it is asked for, whoever has renewed
 * it. A renewal is done once for all who wait for it, over processes and tabs too where the manager has locks.
 */
export class SignedInSession {
  private readonly manager: CredentialsManager;
  private readonly id: string;
  private readonly refresh: (refreshToken: string) => Promise<Credentials>;
  private readonly listeners = new Set<SessionListener>();
  /** What was received last, and when by our own clock: it may go wrong, and the server's decides. */
  private received: { accessToken: string; at: number } | undefined;

  /** @param refresh - gets new credentials; throws `AuthenticationError` when the refresh token is dead */
  constructor(
    manager: CredentialsManager,
    id: string,
    refresh: (refreshToken: string) => Promise<Credentials>,
  ) {
    this.manager = manager;
    this.id = id;
    this.refresh = refresh;
  }

  /** What is remembered; null when nobody is signed in. */
  credentials(): Promise<Credentials | null> {
    return this.manager.get(this.id);
  }

  /**
   * A token to call with; undefined when nobody is signed in.
   * @throws SignedOutError when the session is over
   */
  async accessToken(): Promise<string | undefined> {
    const found = await this.manager.get(this.id);
    if (!found || this.isFresh(found.accessToken)) return found?.accessToken;
    try {
      return await this.renew(found.accessToken);
    } catch (error) {
      // Renewed too early to fail for it: while the old one lasts, a server that is away for a moment does no harm.
      if (error instanceof SignedOutError || this.secondsLeft(found.accessToken) <= 0) throw error;
      return found.accessToken;
    }
  }

  /**
   * A token in place of one that was refused, or is about to be.
   * @throws SignedOutError when the session is over; its credentials are deleted then
   */
  async renew(refused: string): Promise<string> {
    const renewals = underWay.get(this.manager) ?? new Map<string, Promise<Credentials>>();
    underWay.set(this.manager, renewals);
    let renewal = renewals.get(this.id);
    if (!renewal) {
      renewal = this.locked(() => this.replace(refused)).finally(() => renewals.delete(this.id));
      renewals.set(this.id, renewal);
    }
    return (await renewal).accessToken;
  }

  /** Remembers who has just signed in. */
  async keep(credentials: Credentials): Promise<void> {
    await this.manager.set(this.id, credentials);
    this.received = { accessToken: credentials.accessToken, at: Date.now() / 1_000 };
    this.tell(credentials);
  }

  /** Forgets who was signed in. */
  async forget(): Promise<void> {
    await this.manager.delete(this.id);
    this.tell(null);
  }

  /** Calls the listener from now on; what is answered ends it. */
  onChange(listener: SessionListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private locked<T>(work: () => Promise<T>): Promise<T> {
    return this.manager.lock ? this.manager.lock(this.id, work) : work();
  }

  /** Looks again first: somebody else may have renewed it while we waited. */
  private async replace(refused: string): Promise<Credentials> {
    let found = await this.manager.get(this.id);
    if (found && found.accessToken !== refused && this.isFresh(found.accessToken)) return found;
    while (found) {
      const { refreshToken }: Credentials = found;
      try {
        const renewed = await this.refresh(refreshToken);
        await this.keep(renewed);
        return renewed;
      } catch (error) {
        if (!isDead(error)) throw error;
        // Dead because another process has used it: then there is a newer one by now.
        found = await this.manager.get(this.id);
        if (found && found.refreshToken !== refreshToken) continue;
        await this.forget();
        throw new SignedOutError(error);
      }
    }
    throw new SignedOutError(GONE);
  }

  private isFresh(accessToken: string): boolean {
    const times = timesOf(accessToken);
    if (!times) return true;
    const margin = Math.min(MARGIN_SECONDS, (times.expiresAt - times.issuedAt) / 5);
    return this.secondsLeft(accessToken) > margin;
  }

  /** A token that does not say when it ends is good until it is refused. */
  private secondsLeft(accessToken: string): number {
    const times = timesOf(accessToken);
    if (!times) return Infinity;
    const now = Date.now() / 1_000;
    return this.received?.accessToken === accessToken
      ? this.received.at + (times.expiresAt - times.issuedAt) - now
      : times.expiresAt - now;
  }

  private tell(credentials: Credentials | null): void {
    for (const listener of this.listeners) listener(credentials);
  }
}

const GONE = {
  status: 401,
  code: 'AUTHENTICATION_ERROR',
  detail: 'Nobody is signed in any more. Sign in again.',
  requestId: undefined,
  retryAfter: undefined,
  errors: [],
};

/** Refused, or not even the form of a refresh token. */
const isDead = (error: unknown): error is AuthenticationError | ValidationError =>
  error instanceof AuthenticationError || error instanceof ValidationError;
