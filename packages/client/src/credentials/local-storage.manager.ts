import { pause } from '../client/retry.ts';
import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { credentialsIn } from './stored-credentials.ts';

export interface LocalStorageOptions {
  /** `localStorage` unless set; `sessionStorage` forgets with its tab. */
  storage?: Storage;
  /** What the keys begin with; `supanest:` unless set. */
  prefix?: string;
}

/**
 * Keeps credentials in the browser, for all tabs of the origin. Web Locks see to it that one tab refreshes for all. Any
 * script of the page can read what is here, so a page that runs foreign scripts should not use it.
 */
export class LocalStorageCredentialsManager implements CredentialsManager {
  private readonly storage: Storage;
  private readonly prefix: string;

  constructor({ storage = localStorage, prefix = 'supanest:' }: LocalStorageOptions = {}) {
    this.storage = storage;
    this.prefix = prefix;
  }

  get(id: string): Promise<Credentials | null> {
    return Promise.resolve(this.read(id));
  }

  set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    this.storage.setItem(this.prefix + id, JSON.stringify({ accessToken, refreshToken }));
    return Promise.resolve();
  }

  update(id: string, accessToken: string): Promise<void> {
    const found = this.read(id);
    return found ? this.set(id, { ...found, accessToken }) : Promise.resolve();
  }

  delete(id: string): Promise<void> {
    this.storage.removeItem(this.prefix + id);
    return Promise.resolve();
  }

  /** Over all tabs. A browser without Web Locks, or a page that is not served securely, has them not. */
  async lock<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { locks } = navigator as Partial<Navigator>;
    if (!locks) return work();
    const name = this.prefix + id;
    const before = watch(name);
    try {
      const isFree = await locks.request(name, { ifAvailable: true }, async (lock) =>
        lock ? { result: await work() } : undefined,
      );
      if (isFree) return isFree.result;
      return await locks.request(name, async () => {
        await before.change();
        return work();
      });
    } finally {
      before.end();
    }
  }

  /** What somebody else has put there counts as nothing. */
  private read(id: string): Credentials | null {
    try {
      return credentialsIn(JSON.parse(this.storage.getItem(this.prefix + id) ?? 'null'));
    } catch {
      return null;
    }
  }
}

/** What another tab has written arrives by another way than its lock, and a little later on a busy machine. */
const LONGEST_DELAY_MS = 500;

/** Watches what other tabs write under a key: `change` waits until something was written, though not for ever. */
function watch(key: string): { change: () => Promise<void>; end: () => void } {
  if (typeof addEventListener !== 'function')
    return { change: () => Promise.resolve(), end: () => undefined };
  const changed = new AbortController();
  const listen = (event: StorageEvent): void => {
    if (event.key === key) changed.abort();
  };
  addEventListener('storage', listen);
  return {
    change: () => pause(LONGEST_DELAY_MS, changed.signal).catch(() => undefined),
    end: () => removeEventListener('storage', listen),
  };
}
