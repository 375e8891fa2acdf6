import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { batched } from '../../src/tensors/read-runs.ts';
import { planSlice, type AxisSlice } from '../../src/tensors/slice-plan.ts';
import { tensor } from '../../src/tensors/tensor.ts';
import { numbersOf, stored } from './files-in-memory.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const axisSlices = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -6, max: 6 }),
  fc.tuple(
    fc.option(fc.integer({ min: -7, max: 7 })),
    fc.option(fc.integer({ min: -7, max: 7 })),
    fc.integer({ min: 1, max: 3 }),
  ),
);

/** The slow and simple way. */
function slicedSlowly(shape: readonly number[], slices: readonly AxisSlice[]): number[] | 'refused' {
  const picked = shape.map((size, axis): number[] | 'refused' => {
    const all = Array.from({ length: size }, (_, place) => place);
    const slice = slices[axis] ?? null;
    if (slice === null) return all;
    if (typeof slice === 'number')
      return all.includes(slice < 0 ? slice + size : slice) ? [all.at(slice) ?? 0] : 'refused';
    const [start, stop, step = 1] = slice;
    return all.slice(start ?? 0, stop ?? size).filter((_, index) => index % step === 0);
  });
  if (picked.includes('refused') || slices.length > shape.length) return 'refused';
  return (picked as number[][]).reduce<number[]>(
    (places, axis, index) =>
      places.flatMap((place) => axis.map((each) => place * (shape[index] ?? 1) + each)),
    [0],
  );
}

describe('slices', () => {
  it('should take what the slow way takes', () => {
    fc.assert(
      fc.property(shapes, fc.array(axisSlices, { maxLength: 4 }), (shape, slices) => {
        const expected = slicedSlowly(shape, slices);
        if (expected === 'refused') {
          expect(() => planSlice(shape, slices)).toThrow(RangeError);
          return;
        }
        const plan = planSlice(shape, slices);
        const places = [...plan.runs()].flatMap(({ offset, length }) =>
          Array.from({ length }, (_, index) => offset + index),
        );
        expect(places).toEqual(expected);
        expect(plan.shape.reduce((product, size) => product * size, 1)).toBe(expected.length);
      }),
    );
  });

  it('should come out of the file the same way', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.array(axisSlices, { maxLength: 4 }), async (shape, slices) => {
        const expected = slicedSlowly(shape, slices);
        fc.pre(expected !== 'refused');
        const { store } = stored();
        const count = shape.reduce((product, size) => product * size, 1);
        await store.set(
          't',
          tensor(
            Int32Array.from({ length: count }, (_, index) => index),
            shape,
          ),
        );
        await expect(store.slice('t', slices).then(numbersOf)).resolves.toEqual(expected);
      }),
    );
  });

  it('should read little more than they take, in few requests', async () => {
    const { files, store } = stored();
    const size = 1_000;
    await store.set('big', tensor(new Float64Array(size * size), [size, size]));
    files.requests = files.bytesRead = 0;
    await store.slice('big', [
      [10, 12],
      [0, 3],
    ]);
    expect(files.requests).toBe(2);
    expect(files.bytesRead).toBeLessThan(10_000);
    await store.slice('big', [[0, 1_000, 500], 7]);
    expect(files.requests).toBe(5);
    await expect(store.slice('big', [1_000])).rejects.toThrow(RangeError);
  });

  it('should not ask for more than eight megabytes at once where the parts are small', () => {
    const runs = Array.from({ length: 1_000 }, (_, index) => ({ offset: index * 20_000, length: 10_000 }));
    for (const { start, end } of batched(runs, 1)) expect(end - start).toBeLessThanOrEqual(8 * 1_024 * 1_024);
  });
});
