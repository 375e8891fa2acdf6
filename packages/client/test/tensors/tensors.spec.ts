import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeNpyHeader } from '../../src/tensors/npy.ts';
import { fileNameOf, tensorNameOf } from '../../src/tensors/tensor-name.ts';
import { TensorStore } from '../../src/tensors/tensor-store.ts';
import { TensorBusyError } from '../../src/tensors/tensor.errors.ts';
import { bytesIn, tensor, tensorOfNumbers, type Tensor } from '../../src/tensors/tensor.ts';
import { stored } from './files-in-memory.ts';

describe('names', () => {
  it('should become files that storage takes, and come back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), (name) => {
        fc.pre(name.isWellFormed());
        const file = fileNameOf(name);
        expect(file).toMatch(/^[\w=-][\w=.-]*\.npy$/);
        expect(tensorNameOf(file)).toBe(name);
      }),
    );
    expect(fileNameOf('../x')).toBe('=2E.=2Fx.npy');
    expect(() => fileNameOf('')).toThrow(RangeError);
    expect(() => fileNameOf('x'.repeat(201))).toThrow(RangeError);
    expect(tensorNameOf('picture.png')).toBeUndefined();
  });
});

describe('tensors', () => {
  it('should be made of lists, and of arrays', () => {
    expect(
      tensorOfNumbers([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual({
      dtype: 'float64',
      shape: [2, 3],
      data: Float64Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(tensorOfNumbers(7).shape).toEqual([]);
    expect(() => tensorOfNumbers([[1, 2], [3]])).toThrow('length');
    expect(() => tensorOfNumbers([[1], 2])).toThrow(RangeError);
    expect(() => tensorOfNumbers([1, [2]])).toThrow(RangeError);
    expect(tensor(BigUint64Array.of(1n)).dtype).toBe('uint64');
    expect(tensor(Uint8Array.of(1, 0), [2], 'bool').dtype).toBe('bool');
    expect(() => tensor(new Float32Array(5), [2, 3])).toThrow('(2, 3)');
    expect(() => tensor(new Float32Array(0), [-1, 0])).toThrow(RangeError);
  });

  it('should break off when a stream is not as long as its shape', async () => {
    const { files, store } = stored();
    const open = (length: number) => () => new Blob([new Uint8Array(length)]).stream();
    for (const length of [0, 7, 9]) {
      await expect(store.set('t', { dtype: 'int8', shape: [8], open: open(length) })).rejects.toThrow(
        'bytes',
      );
    }
    expect(files.files.size).toBe(0);
    await store.set('t', { dtype: 'int8', shape: [8], open: open(8) });
    await expect(store.get('t')).resolves.toMatchObject({ shape: [8] });
  });
});

describe('those who append to one tensor', () => {
  const rows = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));

  it('should take turns, in whatever process they are', async () => {
    const { files, store } = stored();
    await store.set('t', rows(0));
    const others = Array.from({ length: 8 }, () => new TensorStore(files));
    await Promise.all(others.map((each, index) => each.append('t', rows(index + 1))));
    const { data } = await store.get('t');
    expect(Array.from(data as Int32Array).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...files.files.keys()]).toEqual(['t.npy']);
  });

  it('should begin anew when somebody without a lock has changed it', async () => {
    const { files, store } = stored();
    await store.set('t', rows(0));
    let opened = 0;
    const open = (): ReadableStream<Uint8Array> => {
      opened += 1;
      // At the last moment, as it were.
      if (opened === 1) files.files.set('t.npy', npyOf(rows(7, 8)));
      return new Blob([bytesIn(Int32Array.of(1))]).stream();
    };
    await store.append('t', { dtype: 'int32', shape: [1], open });
    expect(opened).toBe(2);
    await expect(store.get('t')).resolves.toMatchObject({ data: Int32Array.of(7, 8, 1) });
    const restless = (): ReadableStream<Uint8Array> => {
      files.files.set('t.npy', npyOf(rows(opened++)));
      return new Blob([bytesIn(Int32Array.of(1))]).stream();
    };
    const refused = store.append('t', { dtype: 'int32', shape: [1], open: restless });
    await expect(refused).rejects.toThrow(TensorBusyError);
    await expect(store.get('t')).resolves.toMatchObject({ shape: [1] });
    expect([...files.files.keys()]).toEqual(['t.npy']);
  });

  it('should give up when their turn does not come, and have the turn of one who has died', async () => {
    const { files, store } = stored();
    await store.set('t', rows(0));
    files.files.set('t.npy.lock', new Uint8Array(1));
    const hurried = store.append('t', rows(1), { waitSeconds: 0.1 });
    await expect(hurried).rejects.toThrow('nothing was appended');
    expect([...files.files.keys()].sort()).toEqual(['t.npy', 't.npy.lock']);
    await store.append('t', rows(1), { staleSeconds: 0.1 });
    await expect(store.get('t')).resolves.toMatchObject({ shape: [2] });
    await expect(store.keys()).resolves.toEqual(['t']);
    expect([...files.files.keys()]).toEqual(['t.npy']);
  });

  const npyOf = ({ dtype, shape, data }: Tensor): Uint8Array<ArrayBuffer> =>
    new Uint8Array(Buffer.concat([writeNpyHeader(dtype, shape), bytesIn(data)]));
});
