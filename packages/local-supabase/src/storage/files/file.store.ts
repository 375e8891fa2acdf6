import { randomUUID } from 'node:crypto';
import { constants, type ReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../database/uuid.ts';
import { isMissing } from './missing.ts';

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of objects on disk. A file is named by the object's version (a UUID made here), never by anything a client
 * sends, so no name can lead out of the folder; and it is written under another name first, so a file that exists is whole.
 *
 * `objects/<two letters>/<version>` are the files, `incoming/` what is still arriving, `resumable/` what arrives in steps,
 * `parts/` what waits for the rest of its object.
 */
export class FileStore {
  readonly #root: string;

  /** @param root - absolute path of the folder; created when needed */
  constructor(root: string) {
    this.#root = root;
  }

  /** Where resumable uploads gather. */
  get resumableFolder(): string {
    return join(this.#root, 'resumable');
  }

  /** Where parts of objects are kept (S3). */
  get partsFolder(): string {
    return join(this.#root, 'parts');
  }

  get objectsFolder(): string {
    return join(this.#root, 'objects');
  }

  get incomingFolder(): string {
    return join(this.#root, 'incoming');
  }

  /** Creates the folders, and claims a new one for the database of this name. */
  async prepare(database: string): Promise<void> {
    for (const folder of [this.objectsFolder, this.incomingFolder, this.resumableFolder, this.partsFolder]) {
      await mkdir(folder, { recursive: true });
    }
    if ((await this.#claim()) === undefined) await writeFile(this.#claimPath, database);
  }

  /** Whether the files here are this database's, and not another's. */
  async belongsTo(database: string): Promise<boolean> {
    return (await this.#claim()) === database;
  }

  /** A fresh path for bytes that are still arriving, in the same file system as the objects. */
  incomingPath(): string {
    return join(this.incomingFolder, randomUUID());
  }

  /** Deletes an incoming file that was refused. */
  async discard(incoming: string): Promise<void> {
    await rm(incoming, { force: true });
  }

  /** Turns a finished incoming file into the file of a version, in one step. */
  async place(incoming: string, version: string): Promise<void> {
    await rename(incoming, await this.#pathToWrite(version));
  }

  /** Gives a second version the same bytes, by the file system's own cheap copy where it has one. */
  async copy(version: string, newVersion: string): Promise<void> {
    const incoming = this.incomingPath();
    try {
      await copyFile(this.pathOf(version), incoming, constants.COPYFILE_FICLONE);
      await this.place(incoming, newVersion);
    } catch (error) {
      await rm(incoming, { force: true });
      throw error;
    }
  }

  /** Size in bytes, or undefined when there is no such file. */
  async sizeOf(version: string | null): Promise<number | undefined> {
    if (version === null || !isUuid(version)) return undefined;
    try {
      return (await stat(this.pathOf(version))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * A stream of a file, opened before it is returned: once open, the bytes stay readable even when the object is
   * overwritten or removed meanwhile. Undefined when there is no such file.
   */
  async read(version: string | null, range?: ByteRange): Promise<ReadStream | undefined> {
    if (version === null || !isUuid(version)) return undefined;
    try {
      const handle = await open(this.pathOf(version), 'r');
      return handle.createReadStream({ ...range, highWaterMark: 256 * 1024 });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Deletes files; those that are not there count as deleted. */
  async remove(versions: readonly (string | null)[]): Promise<void> {
    for (const version of versions) {
      if (version !== null && isUuid(version)) await rm(this.pathOf(version), { force: true });
    }
  }

  /** The path of a version. @throws Error for anything that is no UUID */
  pathOf(version: string): string {
    if (!isUuid(version)) throw new Error('A version is a UUID');
    return join(this.objectsFolder, version.slice(0, 2).toLowerCase(), version.toLowerCase());
  }

  get #claimPath(): string {
    return join(this.#root, 'database');
  }

  async #claim(): Promise<string | undefined> {
    try {
      return await readFile(this.#claimPath, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #pathToWrite(version: string): Promise<string> {
    const path = this.pathOf(version);
    await mkdir(join(path, '..'), { recursive: true });
    return path;
  }
}
