import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { CredentialsStore, type Credentials } from './credentials.types.js';

/** Sessions that nobody uses any more must not fill the memory; beyond this the longest unused one goes. */
const MAX_SESSIONS = 100_000;

/** Keeps sessions in this process: for development, and for one replica that may forget them when it restarts. */
@Injectable()
export class MemoryCredentialsStore extends CredentialsStore {
  private readonly sessions: LRUCache<string, Credentials>;

  constructor(max = MAX_SESSIONS) {
    super();
    this.sessions = new LRUCache({ max });
  }

  get(id: string): Promise<Credentials | null> {
    const found = this.sessions.get(id);
    return Promise.resolve(found ? { ...found } : null);
  }

  set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    this.sessions.set(id, { accessToken, refreshToken });
    return Promise.resolve();
  }

  update(id: string, accessToken: string): Promise<void> {
    const present = this.sessions.get(id);
    if (present) this.sessions.set(id, { ...present, accessToken });
    return Promise.resolve();
  }

  delete(id: string): Promise<void> {
    this.sessions.delete(id);
    return Promise.resolve();
  }
}
