import type { ProgressListener } from '../storage/progress.ts';
import { checkedAtEnd, concatenated, exactly } from './byte-streams.ts';
import { bytesOf, type Dtype } from './dtypes.ts';
import { writeNpyHeader } from './npy.ts';
import type { TensorFiles } from './tensor-files.types.ts';
import { fileNameOf } from './tensor-name.ts';
import type { StoredHeader, TensorReader } from './tensor-reader.ts';
import { TensorBusyError, TensorChangedError } from './tensor.errors.ts';
import { countOf } from './tensor.ts';

/** Numbers to be added along axis 0. */
export interface Addition {
  dtype: Dtype;
  shape: readonly number[];
  open: () => ReadableStream<Uint8Array>;
}

export interface AppendOptions {
  onProgress?: ProgressListener;
  signal?: AbortSignal;
}

/** How often it is begun anew when somebody who takes no locks changes the tensor meanwhile. */
const ATTEMPTS = 3;

/**
 * Writes a tensor anew, with numbers added to it: from the old file to the new one, which replaces it when it is whole. The
 * last piece of the new one is not sent before the old one was seen to be still the same.
 * @param first - its header as it was read last
 * @throws RangeError when they do not fit; TensorBusyError when it is changed all the time
 */
export async function appendTensor(
  files: TensorFiles,
  reader: TensorReader,
  name: string,
  first: StoredHeader,
  addition: Addition,
  options: AppendOptions,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const header = attempt === 1 ? first : await reader.header(name, options.signal);
    expectFit(header, addition);
    try {
      await appendOnce(files, reader, name, header, addition, options);
      return;
    } catch (error) {
      if (!(error instanceof TensorChangedError)) throw error;
      if (attempt === ATTEMPTS) throw new TensorBusyError(name, error);
    }
  }
}

async function appendOnce(
  files: TensorFiles,
  reader: TensorReader,
  name: string,
  { dtype, shape, dataOffset, version }: StoredHeader,
  addition: Addition,
  { onProgress, signal }: AppendOptions,
): Promise<void> {
  const seen: { change?: TensorChangedError } = {};
  const expectSame = (found: { version: string | undefined } | undefined): void => {
    if (found && found.version === version) return;
    throw (seen.change = new TensorChangedError(name));
  };
  const [length = 0, ...rest] = shape;
  const whole = [length + (addition.shape[0] ?? 0), ...rest];
  const header = writeNpyHeader(dtype, whole);
  const readOld = async (): Promise<ReadableStream<Uint8Array>> => {
    // A range of no bytes is none.
    if (countOf(shape) === 0) return new Blob([]).stream();
    const old = await reader.read(name, { start: dataOffset }, signal);
    if (old.version !== version) await old.body.cancel();
    expectSame(old);
    return old.body;
  };
  // Asked for before anything is sent: whoever had the turn before has most likely changed it.
  let next: Promise<ReadableStream<Uint8Array>> | undefined = Promise.resolve(await readOld());
  const takeOld = (): Promise<ReadableStream<Uint8Array>> => {
    const taken = next ?? readOld();
    next = undefined;
    return taken;
  };
  const dataBytes = countOf(whole) * bytesOf(dtype);
  const numbers = (): ReadableStream<Uint8Array> =>
    exactly(
      concatenated(takeOld, () => Promise.resolve(addition.open())),
      dataBytes,
    );
  const check = async (): Promise<void> => expectSame(await reader.version(name, signal));
  const open = (): ReadableStream<Uint8Array> =>
    checkedAtEnd(
      concatenated(header, () => Promise.resolve(numbers())),
      check,
    );
  try {
    await files.write(fileNameOf(name), open, {
      size: header.length + dataBytes,
      upsert: true,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    });
  } catch (error) {
    // What breaks a transfer off is told in as many ways as there are runtimes.
    throw seen.change ?? error;
  }
}

/** @throws RangeError */
export function expectFit({ dtype, shape }: Omit<Addition, 'open'>, addition: Omit<Addition, 'open'>): void {
  const fits =
    addition.dtype === dtype &&
    shape.length > 0 &&
    addition.shape.length === shape.length &&
    shape.every((size, axis) => axis === 0 || size === addition.shape[axis]);
  if (!fits) {
    throw new RangeError(
      `${addition.dtype} (${addition.shape.join(', ')}) cannot be appended to ${dtype} (${shape.join(', ')})`,
    );
  }
}
