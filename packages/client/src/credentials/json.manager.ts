import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeFolderOf, readCredentialsFile, writeCredentialsFile } from './credentials-file.ts';
import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { withFileLock } from './file-lock.ts';

/** Where: one file for all ids, or a folder with a file for each. */
export type JsonPlace = { file: string; folder?: never } | { folder: string; file?: never };

/** `~/.supanest/credentials.json`. */
export const defaultCredentialsFile = (): string => join(homedir(), '.supanest', 'credentials.json');

/**
 * Keeps credentials in JSON, readable by the owner alone (0600). Files are replaced, never written into, and writers of all
 * processes take turns, so that nothing is lost. A damaged file is reported and left alone. Ids may be any text: in a folder
 * they never become part of a path.
 */
export class JsonCredentialsManager implements CredentialsManager {
  private readonly place: JsonPlace;

  constructor(place: JsonPlace = { file: defaultCredentialsFile() }) {
    this.place = place;
  }

  async get(id: string): Promise<Credentials | null> {
    return (await readCredentialsFile(this.pathOf(id))).get(id) ?? null;
  }

  set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    return this.change(id, (kept) => kept.set(id, { accessToken, refreshToken }));
  }

  update(id: string, accessToken: string): Promise<void> {
    return this.change(id, (kept) => {
      const found = kept.get(id);
      return found && kept.set(id, { ...found, accessToken });
    });
  }

  delete(id: string): Promise<void> {
    return this.change(id, (kept) => (kept.delete(id) ? kept : undefined));
  }

  async lock<T>(id: string, work: () => Promise<T>): Promise<T> {
    const path = `${this.pathOf(id)}.${nameOf(id)}.refresh`;
    await makeFolderOf(path);
    return withFileLock(path, work);
  }

  /** Reads, changes and writes while nobody else does. `change` answers undefined when there is nothing to write. */
  private async change(
    id: string,
    change: (kept: Map<string, Credentials>) => Map<string, Credentials> | undefined,
  ): Promise<void> {
    const path = this.pathOf(id);
    await makeFolderOf(path);
    await withFileLock(path, async () => {
      const changed = change(await readCredentialsFile(path));
      if (!changed) return;
      // In a folder, an id that is gone leaves nothing behind.
      if (changed.size === 0 && this.place.folder !== undefined) await rm(path, { force: true });
      else await writeCredentialsFile(path, changed);
    });
  }

  private pathOf(id: string): string {
    const { file, folder } = this.place;
    return file === undefined ? resolve(folder, `${nameOf(id)}.json`) : resolve(file);
  }
}

/** A name for any id, on any file system: ids may hold slashes, dots and letters that differ in case only. */
const nameOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 32);
