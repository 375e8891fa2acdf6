import { NotFoundError } from '../client/errors.ts';
import { npyDataOffset, NPY_PREFIX_BYTES, readNpyHeader, type NpyHeader } from './npy.ts';
import { fillFrom } from './read-runs.ts';
import type { FileBytes, TensorFiles } from './tensor-files.types.ts';
import { fileNameOf } from './tensor-name.ts';
import { TensorFormatError, TensorNotFoundError } from './tensor.errors.ts';

/** What a stored tensor is, and which of its versions. */
export interface StoredHeader extends NpyHeader {
  version: string | undefined;
}

/** Enough for any header NumPy writes for a few axes. */
const HEADER_BYTES = 256;

/** Reads the files of tensors, by the tensors' names. */
export class TensorReader {
  private readonly files: TensorFiles;

  constructor(files: TensorFiles) {
    this.files = files;
  }

  /** @throws TensorNotFoundError; TensorFormatError for a file that is no tensor */
  async header(name: string, signal?: AbortSignal): Promise<StoredHeader> {
    let { bytes, version } = await this.start(name, HEADER_BYTES, signal);
    if (bytes.length >= NPY_PREFIX_BYTES) {
      const dataOffset = npyDataOffset(bytes);
      if (dataOffset > bytes.length && bytes.length === HEADER_BYTES) {
        ({ bytes, version } = await this.start(name, dataOffset, signal));
      }
    }
    return { ...readNpyHeader(bytes), version };
  }

  /** Some bytes of its file. @throws TensorNotFoundError */
  async read(name: string, range: { start: number; end?: number }, signal?: AbortSignal): Promise<FileBytes> {
    try {
      return await this.files.read(fileNameOf(name), range, signal);
    } catch (error) {
      throw error instanceof NotFoundError ? new TensorNotFoundError(name) : error;
    }
  }

  /** Which version there is; undefined when there is none. */
  async version(name: string, signal?: AbortSignal): Promise<{ version: string | undefined } | undefined> {
    try {
      const { body, version } = await this.read(name, { start: 0, end: 1 }, signal);
      await body.cancel();
      return { version };
    } catch (error) {
      if (error instanceof TensorNotFoundError) return undefined;
      throw error;
    }
  }

  private async start(
    name: string,
    end: number,
    signal: AbortSignal | undefined,
  ): Promise<{ bytes: Uint8Array; version: string | undefined }> {
    const { body, total, version } = await this.read(name, { start: 0, end }, signal);
    const length = Math.min(total, end);
    const bytes = new Uint8Array(length);
    if (length === 0) throw new TensorFormatError('It is empty');
    await fillFrom(body, { start: 0, end: length, runs: [{ offset: 0, length }] }, bytes);
    return { bytes, version };
  }
}
