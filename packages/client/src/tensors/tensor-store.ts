import { ConflictError } from '../client/errors.ts';
import type { ProgressListener } from '../storage/progress.ts';
import { LockTakenError, withFileLock } from './append-lock.ts';
import { appendTensor, expectFit } from './append-tensor.ts';
import { concatenated, exactly } from './byte-streams.ts';
import { arrayOn, bytesOf, type Dtype } from './dtypes.ts';
import { writeNpyHeader } from './npy.ts';
import { batched, fillFrom } from './read-runs.ts';
import { planSlice, type AxisSlice } from './slice-plan.ts';
import type { TensorFiles } from './tensor-files.types.ts';
import { fileNameOf, tensorNameOf } from './tensor-name.ts';
import { TensorReader } from './tensor-reader.ts';
import { TensorBusyError, TensorExistsError } from './tensor.errors.ts';
import {
  bytesIn,
  checkShape,
  checkTensor,
  countOf,
  tensorOfNumbers,
  type NestedNumbers,
  type Tensor,
} from './tensor.ts';

/** A tensor whose numbers flow: for those that should not be in memory as a whole. */
export interface TensorStream {
  dtype: Dtype;
  shape: readonly number[];
  /** The numbers, little-endian and in C order. Called again where a transfer has to be made again. */
  open: () => ReadableStream<Uint8Array>;
}

/** What can be stored: a tensor, lists of numbers (as float64), or a stream. */
export type TensorInput = Tensor | NestedNumbers | TensorStream;

export interface TransferOptions {
  onProgress?: ProgressListener;
  signal?: AbortSignal;
}

export interface SetOptions extends TransferOptions {
  /** Replaces what is there. */
  overwrite?: boolean;
}

export interface AppendOptions extends TransferOptions {
  /** How long others may be waited for who append to the same tensor. 120 unless set. */
  waitSeconds?: number;
  /** The turn of one who has not ended it for so long is taken from him: his process may have died. 60 unless set. */
  staleSeconds?: number;
}

/** The named tensors of one user, as `.npy` files that NumPy reads as well. */
export class TensorStore {
  private readonly files: TensorFiles;
  private readonly reader: TensorReader;
  /** Appends under way, by name: in one process they take turns. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(files: TensorFiles) {
    this.files = files;
    this.reader = new TensorReader(files);
  }

  /**
   * Stores a tensor, as a whole or not at all.
   * @throws TensorExistsError when there is one of this name; RangeError when shape and numbers do not fit
   */
  async set(name: string, value: TensorInput, options: SetOptions = {}): Promise<void> {
    const { overwrite = false, ...transfer } = options;
    const { dtype, shape, open } = streamOf(value);
    const dataBytes = countOf(shape) * bytesOf(dtype);
    const header = writeNpyHeader(dtype, shape);
    const body = (): ReadableStream<Uint8Array> =>
      concatenated(header, () => Promise.resolve(exactly(open(), dataBytes)));
    const size = header.length + dataBytes;
    try {
      await this.files.write(fileNameOf(name), body, { ...transfer, size, upsert: overwrite });
    } catch (error) {
      throw error instanceof ConflictError ? new TensorExistsError(name) : error;
    }
  }

  /** @throws TensorNotFoundError; TensorFormatError for a file that is no tensor */
  get(name: string, options: TransferOptions = {}): Promise<Tensor> {
    return this.slice(name, [], options);
  }

  /**
   * A part of a tensor: `slice('a', [[0, 10], null, -1])` is NumPy's `a[0:10, :, -1]`. Fetches what it needs and little more.
   * @throws RangeError for a part that is not there; otherwise as `get`
   */
  async slice(
    name: string,
    slices: readonly AxisSlice[],
    { onProgress, signal }: TransferOptions = {},
  ): Promise<Tensor> {
    const { dtype, shape, dataOffset } = await this.reader.header(name, signal);
    const plan = planSlice(shape, slices);
    const target = new Uint8Array(countOf(plan.shape) * bytesOf(dtype));
    let filled = 0;
    for (const batch of batched(plan.runs(), bytesOf(dtype))) {
      const range = { start: dataOffset + batch.start, end: dataOffset + batch.end };
      const { body } = await this.reader.read(name, range, signal);
      filled += await fillFrom(body, batch, target.subarray(filled));
      onProgress?.({ loaded: filled, total: target.length });
    }
    return { dtype, shape: plan.shape, data: arrayOn(dtype, target.buffer) };
  }

  /** A tensor as a stream. Throws as `get`. */
  async read(
    name: string,
    signal?: AbortSignal,
  ): Promise<Omit<TensorStream, 'open'> & { body: ReadableStream<Uint8Array> }> {
    const { dtype, shape, dataOffset } = await this.reader.header(name, signal);
    if (countOf(shape) === 0) return { dtype, shape, body: new Blob([]).stream() };
    const { body } = await this.reader.read(name, { start: dataOffset }, signal);
    return { dtype, shape, body };
  }

  /** Its kind and shape, by its first bytes. Throws as `get`. */
  async describe(name: string): Promise<{ dtype: Dtype; shape: readonly number[] }> {
    const { dtype, shape } = await this.reader.header(name);
    return { dtype, shape };
  }

  /**
   * Adds to a tensor along axis 0; all other axes and the kind have to be the same. The file is written anew, flowing from
   * the old one, and replaces it when it is whole. Those who append to one tensor take turns, wherever they are.
   * @throws RangeError when it does not fit; TensorBusyError when its turn does not come; otherwise as `get`
   */
  append(name: string, value: TensorInput, options: AppendOptions = {}): Promise<void> {
    const turn = (this.turns.get(name) ?? Promise.resolve()).then(() => this.appendNow(name, value, options));
    const settled = turn.catch(() => undefined);
    this.turns.set(name, settled);
    return turn;
  }

  /** True when there was one. */
  delete(name: string): Promise<boolean> {
    return this.files.delete(fileNameOf(name));
  }

  async has(name: string): Promise<boolean> {
    return (await this.reader.version(name)) !== undefined;
  }

  /** The names, in alphabetical order. */
  async keys(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of this.entries()) names.push(name);
    return names.sort();
  }

  /** How many there are. */
  async length(): Promise<number> {
    return (await this.keys()).length;
  }

  /** The bytes they take, headers included. */
  async usage(): Promise<number> {
    let bytes = 0;
    for await (const { size } of this.entries()) bytes += size;
    return bytes;
  }

  private async appendNow(name: string, value: TensorInput, options: AppendOptions): Promise<void> {
    const { waitSeconds = 120, staleSeconds = 60, ...transfer } = options;
    const addition = streamOf(value);
    const header = await this.reader.header(name, options.signal);
    expectFit(header, addition);
    const times = { waitSeconds, staleSeconds };
    const work = (): Promise<void> => appendTensor(this.files, this.reader, name, header, addition, transfer);
    try {
      await withFileLock(this.files, fileNameOf(name), times, work, options.signal);
    } catch (error) {
      throw error instanceof LockTakenError ? new TensorBusyError(name, error) : error;
    }
  }

  private async *entries(): AsyncGenerator<{ name: string; size: number }> {
    for await (const { name: file, size } of this.files.list()) {
      const name = tensorNameOf(file);
      if (name !== undefined) yield { name, size };
    }
  }
}

function streamOf(value: TensorInput): TensorStream {
  if (typeof value === 'object' && 'open' in value) {
    checkShape(value.shape);
    return value;
  }
  const { dtype, shape, data } =
    typeof value === 'object' && 'data' in value ? value : tensorOfNumbers(value);
  checkTensor({ shape, data });
  return { dtype, shape, open: () => concatenated(bytesIn(data)) };
}
