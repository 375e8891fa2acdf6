import type { Credentials, CredentialsManager } from './credentials.types.ts';

/** Keeps credentials in this process, until it ends. */
export class MemoryCredentialsManager implements CredentialsManager {
  private readonly kept = new Map<string, Credentials>();

  get(id: string): Promise<Credentials | null> {
    const found = this.kept.get(id);
    return Promise.resolve(found ? { ...found } : null);
  }

  set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    this.kept.set(id, { accessToken, refreshToken });
    return Promise.resolve();
  }

  update(id: string, accessToken: string): Promise<void> {
    const found = this.kept.get(id);
    if (found) this.kept.set(id, { ...found, accessToken });
    return Promise.resolve();
  }

  delete(id: string): Promise<void> {
    this.kept.delete(id);
    return Promise.resolve();
  }
}
