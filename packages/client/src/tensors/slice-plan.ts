import { countOf } from './tensor.ts';

/**
 * What to take of an axis: one place (the axis is gone then), from here to before there (by steps), or null for all.
 * Negative places count from the end, and ends beyond the axis are taken for its end, as in NumPy.
 */
export type AxisSlice = number | null | readonly [start?: number | null, stop?: number | null, step?: number];

/** So many numbers, one after another in the file. */
export interface Run {
  /** Where the first is, in numbers. */
  offset: number;
  length: number;
}

interface Axis {
  start: number;
  count: number;
  step: number;
  size: number;
  isGone: boolean;
}

/** What a slice takes of a shape: the shape it has itself, and where its numbers are, in order. */
export interface SlicePlan {
  shape: readonly number[];
  runs: () => Generator<Run>;
}

/** @throws RangeError for more axes than there are, a place that is not there, or a step that is not positive */
export function planSlice(shape: readonly number[], slices: readonly AxisSlice[]): SlicePlan {
  if (slices.length > shape.length)
    throw new RangeError(`There are ${String(shape.length)} axes, not so many`);
  const axes = shape.map((size, index) => axisOf(slices[index] ?? null, size, index));
  const result = axes.filter(({ isGone }) => !isGone).map(({ count }) => count);
  return { shape: result, runs: () => runsOf(axes) };
}

function axisOf(slice: AxisSlice, size: number, index: number): Axis {
  if (typeof slice === 'number') {
    const start = slice < 0 ? slice + size : slice;
    if (!Number.isInteger(slice) || start < 0 || start >= size) {
      throw new RangeError(`Axis ${String(index)} has no place ${String(slice)}`);
    }
    return { start, count: 1, step: 1, size, isGone: true };
  }
  const [from, to, step = 1] = slice ?? [];
  if (!Number.isInteger(step) || step < 1) throw new RangeError('A step is a whole number from 1');
  const start = placeOf(from ?? 0, size);
  const stop = placeOf(to ?? size, size);
  return { start, count: Math.max(0, Math.ceil((stop - start) / step)), step, size, isGone: false };
}

function placeOf(place: number, size: number): number {
  if (!Number.isInteger(place)) throw new RangeError(`${String(place)} is no place of an axis`);
  return Math.min(Math.max(place < 0 ? place + size : place, 0), size);
}

/** As few runs as there can be: inner axes that are taken whole are one with the axis before them. */
function* runsOf(axes: readonly Axis[]): Generator<Run> {
  if (axes.some(({ count }) => count === 0)) return;
  let inner = axes.length;
  let length = 1;
  while (inner > 0) {
    const axis = axes[inner - 1];
    if (!axis || (axis.step !== 1 && axis.count > 1)) break;
    inner--;
    length *= axis.count;
    if (axis.count !== axis.size) break;
  }
  const base = axes
    .slice(inner)
    .reduce((sum, { start }, index) => sum + start * strideOf(axes, inner + index), 0);
  yield* outer(axes.slice(0, inner), 0, base, length, axes);
}

function* outer(
  loops: readonly Axis[],
  axis: number,
  offset: number,
  length: number,
  axes: readonly Axis[],
): Generator<Run> {
  const loop = loops[axis];
  if (!loop) {
    yield { offset, length };
    return;
  }
  const stride = strideOf(axes, axis);
  for (let index = 0; index < loop.count; index++) {
    yield* outer(loops, axis + 1, offset + (loop.start + index * loop.step) * stride, length, axes);
  }
}

/** How many numbers one step on an axis is. */
const strideOf = (axes: readonly Axis[], axis: number): number =>
  countOf(axes.slice(axis + 1).map(({ size }) => size));
