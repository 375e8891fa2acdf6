import type { ProgressListener } from '../storage/progress.ts';

/** A stored file. */
export interface TensorFile {
  /** In the folder. */
  name: string;
  /** Bytes. */
  size: number;
}

/** Some bytes of a file, on their way. */
export interface FileBytes {
  body: ReadableStream<Uint8Array>;
  /** Bytes of the whole file. */
  total: number;
  /** Another one for other contents; undefined where the server does not say. */
  version: string | undefined;
}

/** The folder of one user's tensors, whatever keeps it. */
export interface TensorFiles {
  /** Stores a file as a whole or not at all. @throws ConflictError when there is one and `upsert` is not set */
  write(
    name: string,
    open: () => ReadableStream<Uint8Array>,
    options: { size: number; upsert: boolean; onProgress?: ProgressListener; signal?: AbortSignal },
  ): Promise<void>;
  /** Reads from `start` to before `end`. @throws NotFoundError when there is none */
  read(name: string, range: { start: number; end?: number }, signal?: AbortSignal): Promise<FileBytes>;
  /** Gives a file another name. @throws ConflictError when there is one of that name; NotFoundError when there is none */
  move(name: string, to: string): Promise<void>;
  list(): AsyncIterable<TensorFile>;
  /** True when there was one. */
  delete(name: string): Promise<boolean>;
}
