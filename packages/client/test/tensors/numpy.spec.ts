import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf, type Dtype } from '../../src/tensors/dtypes.ts';
import { readNpyHeader, writeNpyHeader } from '../../src/tensors/npy.ts';
import { TensorFormatError } from '../../src/tensors/tensor.errors.ts';
import { bytesIn } from '../../src/tensors/tensor.ts';
import { numbersOf, stored } from './files-in-memory.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const EXPECTED = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Record<
  string,
  { dtype: Dtype; shape: number[]; numbers: (number | string)[] }
>;

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
