import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../../database/uuid.ts';
import { isMissing } from '../../files/missing.ts';
import { S3_ERRORS } from '../errors/s3.errors.ts';

/** In bytes: how much of a part is held while it is joined to the others. */
const PIECE = 1024 * 1024;

/** Looks at bytes on their way. */
export interface Onlooker {
  update(piece: Buffer): void;
  end(): void;
}

/** Parts of objects that are not whole yet, each a file that is named by its row. */
export class PartStore {
  readonly #folder: string;

  /** @param folder - there already, in the same file system as the objects */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Turns a finished incoming file into a part, in one step. */
  async place(incoming: string, id: string): Promise<void> {
    await rename(incoming, this.#pathOf(id));
  }

  /** Those that are not there count as removed. */
  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) await rm(this.#pathOf(id), { force: true });
  }

  /**
   * Writes parts one after the other into a new file, which is gone if that fails.
   * @param see - is shown every byte; `end` may refuse them
   * @throws StorageError InvalidPart where one's bytes are missing, what `see` refuses
   */
  async join(ids: readonly string[], path: string, see: Onlooker): Promise<void> {
    const file = await open(path, 'wx');
    try {
      for (const id of ids) {
        const part = createReadStream(this.#pathOf(id), { highWaterMark: PIECE });
        for await (const piece of part as AsyncIterable<Buffer>) {
          see.update(piece);
          await file.writeFile(piece);
        }
      }
      see.end();
      await file.close();
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(path, { force: true });
      throw isMissing(error) ? S3_ERRORS.invalidPart(undefined, error) : error;
    }
  }

  /** Deletes what a crash left: parts that no row names. Runs before requests are taken. */
  async sweep(known: (ids: string[]) => Promise<Set<string>>): Promise<void> {
    const ids = (await readdir(this.#folder)).filter(isUuid);
    if (ids.length === 0) return;
    const kept = await known(ids);
    await this.remove(ids.filter((id) => !kept.has(id)));
  }

  #pathOf(id: string): string {
    if (!isUuid(id)) throw new Error('A part is named by a UUID');
    return join(this.#folder, id.toLowerCase());
  }
}
