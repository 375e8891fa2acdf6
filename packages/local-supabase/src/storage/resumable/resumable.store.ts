import { FileStore as TusFileStore } from '@tus/file-store';
import { Upload } from '@tus/server';
import type { FileStore } from '../files/file.store.ts';

/**
 * Uploads that arrive in steps, as files. A finished one has moved to the objects; it is still known here, so that a client
 * whose last answer was lost learns that nothing is missing.
 */
export class ResumableStore extends TusFileStore {
  readonly #files: FileStore;

  /** @param expiresIn - in milliseconds, after which an unfinished upload is given up */
  constructor(files: FileStore, expiresIn: number) {
    super({ directory: files.resumableFolder, expirationPeriodInMilliseconds: expiresIn });
    this.#files = files;
  }

  override async getUpload(id: string): Promise<Upload> {
    try {
      return await super.getUpload(id);
    } catch (error) {
      const known = await this.configstore.get(id);
      const size = await this.#files.sizeOf(id);
      if (known === undefined || size === undefined || size !== known.size) throw error;
      return new Upload({
        id,
        size,
        offset: size,
        ...(known.metadata && { metadata: known.metadata }),
        ...(known.creation_date && { creation_date: known.creation_date }),
      });
    }
  }
}
