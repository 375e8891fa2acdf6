import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { credentialsIn } from './stored-credentials.ts';

/** A session object as a property of the request: express-session's, cookie-session's, @fastify/session's. */
export type WebSession = object;

/** A session with accessors instead: @fastify/secure-session's. */
interface SessionWithAccessors {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}

export interface WebSessionOptions {
  /** The property they are kept in; `supanest` unless set. */
  property?: string;
}

/**
 * Keeps credentials in the session of a web framework, so that each visitor has his own: make one for each request. Every
 * change assigns the property anew, which is what such sessions recognise as a change. With a cookie session the tokens
 * travel to the browser: use one that encrypts.
 */
export class WebSessionCredentialsManager implements CredentialsManager {
  private readonly session: WebSession;
  private readonly property: string;

  constructor(session: WebSession, { property = 'supanest' }: WebSessionOptions = {}) {
    this.session = session;
    this.property = property;
  }

  get(id: string): Promise<Credentials | null> {
    return Promise.resolve(credentialsIn(this.read().get(id)));
  }

  set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    this.write(this.read().set(id, { accessToken, refreshToken }));
    return Promise.resolve();
  }

  update(id: string, accessToken: string): Promise<void> {
    const kept = this.read();
    const found = credentialsIn(kept.get(id));
    if (found) this.write(kept.set(id, { ...found, accessToken }));
    return Promise.resolve();
  }

  delete(id: string): Promise<void> {
    const kept = this.read();
    if (kept.delete(id)) this.write(kept);
    return Promise.resolve();
  }

  private read(): Map<string, unknown> {
    const value: unknown = hasAccessors(this.session)
      ? this.session.get(this.property)
      : Reflect.get(this.session, this.property);
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  }

  private write(kept: ReadonlyMap<string, unknown>): void {
    const value: unknown = Object.fromEntries(kept);
    if (hasAccessors(this.session)) this.session.set(this.property, value);
    else Reflect.set(this.session, this.property, value);
  }
}

function hasAccessors(session: object): session is SessionWithAccessors {
  return (
    typeof Reflect.get(session, 'get') === 'function' && typeof Reflect.get(session, 'set') === 'function'
  );
}
