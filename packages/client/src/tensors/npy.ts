import { descrOf, dtypeOf, type Dtype } from './dtypes.ts';
import { TensorFormatError } from './tensor.errors.ts';
import { checkShape } from './tensor.ts';

/** What the header of an `.npy` file says. */
export interface NpyHeader {
  dtype: Dtype;
  shape: readonly number[];
  /** Where the numbers begin. */
  dataOffset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version and the longer of the two lengths. */
export const NPY_PREFIX_BYTES = 12;
const ALIGNMENT = 64;
const LONGEST_V1 = 65_535;

/** The header NumPy writes: version 1, or 2 where the shape is too long for it. */
export function writeNpyHeader(dtype: Dtype, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const tuple = shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descrOf(dtype)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const isShort = paddedLength(text, 10) <= LONGEST_V1;
  const start = isShort ? 10 : 12;
  const length = paddedLength(text, start);
  const bytes = new Uint8Array(start + length);
  bytes.set([...MAGIC, isShort ? 1 : 2, 0]);
  const view = new DataView(bytes.buffer);
  if (isShort) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), start);
  return bytes;
}

/** The text and its line break, up to where the numbers are aligned. */
const paddedLength = (text: string, start: number): number =>
  Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT - start;

/**
 * Where the numbers begin, by the first bytes of a file (`NPY_PREFIX_BYTES` at least).
 * @throws TensorFormatError when it is no `.npy` file, or of a version that is not known
 */
export function npyDataOffset(bytes: Uint8Array): number {
  if (bytes.length < 10 || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new TensorFormatError('It is not an .npy file');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint8(6);
  if (major === 1) return 10 + view.getUint16(8, true);
  if (major !== 2 && major !== 3)
    throw new TensorFormatError(`Version ${String(major)} of .npy is not known`);
  if (bytes.length < NPY_PREFIX_BYTES) throw new TensorFormatError('It is cut off');
  return 12 + view.getUint32(8, true);
}

/**
 * Reads a header, of which `bytes` hold all.
 * @throws TensorFormatError for what is not a header, and for what it may say but is not supported
 */
export function readNpyHeader(bytes: Uint8Array): NpyHeader {
  const dataOffset = npyDataOffset(bytes);
  if (bytes.length < dataOffset) throw new TensorFormatError('It is cut off');
  const start = bytes[6] === 1 ? 10 : 12;
  const encoding = bytes[6] === 3 ? 'utf-8' : 'latin1';
  const text = new TextDecoder(encoding).decode(bytes.subarray(start, dataOffset));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const tuple = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (order === undefined || tuple === undefined) throw new TensorFormatError('Its header cannot be read');
  const dtype = descr === undefined ? undefined : dtypeOf(descr);
  if (!dtype) throw new TensorFormatError(`Numbers of the kind ${descr ?? 'it has'} are not supported`);
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (order === 'True' && shape.length > 1) {
    throw new TensorFormatError('It is in Fortran order; save it with numpy.ascontiguousarray');
  }
  checkShape(shape);
  return { dtype, shape, dataOffset };
}
