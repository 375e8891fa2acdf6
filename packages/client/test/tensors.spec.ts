import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConflictError, NotFoundError } from '../src/client/errors.ts';
import { bytesOf, type Dtype } from '../src/tensors/dtypes.ts';
import { readNpyHeader, writeNpyHeader } from '../src/tensors/npy.ts';
import { batched } from '../src/tensors/read-runs.ts';
import { planSlice, type AxisSlice } from '../src/tensors/slice-plan.ts';
import type { FileBytes, TensorFiles } from '../src/tensors/tensor-files.types.ts';
import { fileNameOf, tensorNameOf } from '../src/tensors/tensor-name.ts';
import { TensorStore } from '../src/tensors/tensor-store.ts';
import { TensorBusyError, TensorFormatError } from '../src/tensors/tensor.errors.ts';
import { bytesIn, tensor, tensorOfNumbers, type Tensor } from '../src/tensors/tensor.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const EXPECTED = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Record<
  string,
  { dtype: Dtype; shape: number[]; numbers: (number | string)[] }
>;

/** Files in memory, which count what is read of them. */
class FilesInMemory implements TensorFiles {
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

const stored = (): { files: FilesInMemory; store: TensorStore } => {
  const files = new FilesInMemory();
  return { files, store: new TensorStore(files) };
};

const numbersOf = ({ data }: Tensor): (number | string)[] =>
  Array.from(data as ArrayLike<number | bigint>, (value) =>
    typeof value === 'bigint' ? String(value) : value,
  );

describe('.npy files that NumPy has written', () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.npy'));

  it.each(names)('%s should read as it was', async (name) => {
    const { files, store } = stored();
    files.files.set('x.npy', new Uint8Array(readFileSync(join(FIXTURES, name))));
    const found = await store.get('x');
    const { dtype, shape, numbers } = EXPECTED[name] ?? { dtype: 'bool', shape: [], numbers: [] };
    expect({ dtype: found.dtype, shape: found.shape, numbers: numbersOf(found) }).toEqual({
      dtype,
      shape,
      numbers,
    });
  });

  it('should be written as NumPy writes them, byte for byte', () => {
    for (const name of names.filter((each) => each.startsWith('v1'))) {
      const { dtype, shape } = EXPECTED[name] ?? { dtype: 'bool' as const, shape: [] };
      const bytes = new Uint8Array(readFileSync(join(FIXTURES, name)));
      const header = writeNpyHeader(dtype, shape);
      expect(Buffer.from(header).toString('latin1')).toBe(
        Buffer.from(bytes.subarray(0, header.length)).toString('latin1'),
      );
    }
  });

  it.each([
    ['something else', Buffer.from('{"a": 1}      ')],
    ['a version of the future', Buffer.from(`\u0093NUMPY\u0009\u0000          `, 'latin1')],
    ['Fortran order', npy(`{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }`)],
    ['objects', npy(`{'descr': '|O', 'fortran_order': False, 'shape': (2,), }`)],
    ['the other byte order', npy(`{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }`)],
    ['structures', npy(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }`)],
    ['no header', npy('hello')],
    ['a part of a header', npy(`{'descr': '<f4'`).subarray(0, 12)],
  ])('should be refused when they are %s', (_, bytes) => {
    expect(() => readNpyHeader(new Uint8Array(bytes))).toThrow(TensorFormatError);
  });
});

function npy(header: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1'), length, Buffer.from(header)]);
}

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

const PYTHON = hasNumpy();

function hasNumpy(): boolean {
  try {
    execFileSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

// Where there is no NumPy, the stored files above stand for it.

(PYTHON ? describe : describe.skip)('NumPy itself', () => {
  it('should read what is written, and write what is read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'supanest-numpy-'));
    try {
      const data = Float32Array.from({ length: 24 }, (_, index) => index / 3);
      const header = writeNpyHeader('float32', [2, 3, 4]);
      writeFileSync(join(folder, 'a.npy'), Buffer.concat([header, bytesIn(data)]));
      const script = `import numpy as n, sys; a = n.load(sys.argv[1]); n.save(sys.argv[2], a * 2)`;
      execFileSync('python3', ['-c', script, join(folder, 'a.npy'), join(folder, 'b.npy')]);
      const { files, store } = stored();
      files.files.set('b.npy', new Uint8Array(readFileSync(join(folder, 'b.npy'))));
      await expect(store.get('b')).resolves.toEqual({
        dtype: 'float32',
        shape: [2, 3, 4],
        data: data.map((value) => value * 2),
      });
      expect(bytesOf('float32')).toBe(4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
