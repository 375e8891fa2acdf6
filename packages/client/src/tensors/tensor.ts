import { dtypeOfArray, type ArrayOf, type Dtype, type TensorData } from './dtypes.ts';

/** An n-dimensional array of numbers, in C order: the last axis varies fastest. */
export interface Tensor<D extends Dtype = Dtype> {
  dtype: D;
  /** The length of each axis; none for a single number. */
  shape: readonly number[];
  data: ArrayOf[D];
}

/** Numbers in lists in lists. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** How many numbers a shape holds. */
export const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * A tensor over an array: its own type unless `dtype` says otherwise, one axis unless `shape` does.
 * @throws RangeError when the shape does not hold so many numbers
 */
export function tensor<D extends Dtype>(data: ArrayOf[D], shape?: readonly number[], dtype?: D): Tensor<D> {
  const made = { dtype: dtype ?? (dtypeOfArray(data) as D), shape: shape ?? [data.length], data };
  checkTensor(made);
  return made;
}

/**
 * A float64 tensor of lists.
 * @throws RangeError when the lists of an axis are not of one length
 */
export function tensorOfNumbers(numbers: NestedNumbers): Tensor<'float64'> {
  const shape: number[] = [];
  for (let inner: NestedNumbers | undefined = numbers; isList(inner); inner = inner[0])
    shape.push(inner.length);
  const data = new Float64Array(countOf(shape));
  let at = 0;
  const fill = (part: NestedNumbers, axis: number): void => {
    if (!isList(part)) {
      if (axis !== shape.length) throw new RangeError('The lists are not of one depth');
      data[at++] = part;
    } else if (part.length === shape[axis]) part.forEach((inner) => fill(inner, axis + 1));
    else throw new RangeError(`The lists of axis ${String(axis)} are not of one length`);
  };
  fill(numbers, 0);
  return { dtype: 'float64', shape, data };
}

/** @throws RangeError when shape and data do not fit each other */
export function checkTensor({ shape, data }: { shape: readonly number[]; data: TensorData }): void {
  checkShape(shape);
  if (countOf(shape) !== data.length) {
    throw new RangeError(`A shape of (${shape.join(', ')}) does not hold ${String(data.length)} numbers`);
  }
}

/** @throws RangeError for a shape that is none */
export function checkShape(shape: readonly number[]): void {
  if (
    shape.some((size) => !Number.isSafeInteger(size) || size < 0) ||
    !Number.isSafeInteger(countOf(shape))
  ) {
    throw new RangeError(`(${shape.join(', ')}) is not a shape`);
  }
}

/** The same memory as bytes. */
export const bytesIn = ({ buffer, byteOffset, byteLength }: TensorData): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

const isList = (part: NestedNumbers | undefined): part is readonly NestedNumbers[] => Array.isArray(part);
