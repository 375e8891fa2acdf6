import { createHash } from 'node:crypto';
import { ConflictError, NotFoundError } from '../../src/client/errors.ts';
import type { FileBytes, TensorFiles } from '../../src/tensors/tensor-files.types.ts';
import { TensorStore } from '../../src/tensors/tensor-store.ts';
import type { Tensor } from '../../src/tensors/tensor.ts';

/** Files in memory, which count what is read of them. */
export class FilesInMemory implements TensorFiles {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  requests = 0;
  bytesRead = 0;

  async write(
    name: string,
    open: () => ReadableStream<Uint8Array>,
    { upsert }: { upsert: boolean },
  ): Promise<void> {
    if (this.files.has(name) && !upsert) throw new ConflictError(REFUSED);
    const bytes = new Uint8Array(
      await new Response(open() as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    );
    this.files.set(name, bytes);
  }

  read(name: string, { start, end }: { start: number; end?: number }): Promise<FileBytes> {
    const file = this.files.get(name);
    if (!file) return Promise.reject(new NotFoundError(REFUSED));
    const part = file.slice(start, end);
    this.requests++;
    this.bytesRead += part.length;
    const version = createHash('sha256').update(file).digest('hex');
    return Promise.resolve({ body: new Blob([part]).stream(), total: file.length, version });
  }

  move(name: string, to: string): Promise<void> {
    const file = this.files.get(name);
    if (!file) return Promise.reject(new NotFoundError(REFUSED));
    if (this.files.has(to)) return Promise.reject(new ConflictError(REFUSED));
    this.files.set(to, file);
    this.files.delete(name);
    return Promise.resolve();
  }

  async *list(): AsyncGenerator<{ name: string; size: number }> {
    for (const [name, { length }] of this.files) yield await Promise.resolve({ name, size: length });
  }

  delete(name: string): Promise<boolean> {
    return Promise.resolve(this.files.delete(name));
  }
}

const REFUSED = { status: 0, code: '', detail: '', requestId: undefined, retryAfter: undefined, errors: [] };

/** A store of tensors, and the files that it keeps them in. */
export const stored = (): { files: FilesInMemory; store: TensorStore } => {
  const files = new FilesInMemory();
  return { files, store: new TensorStore(files) };
};

/** The numbers of a tensor, as JSON can hold them. */
export const numbersOf = ({ data }: Tensor): (number | string)[] =>
  Array.from(data as ArrayLike<number | bigint>, (value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
