import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deriveKey } from '../tokens/derive-key.js';
import { MemoryCredentialsStore } from './memory-credentials.store.js';
import { open, seal } from './sealed-credentials.js';

const key = deriveKey('x'.repeat(32), 'stored sessions');
const credentials = fc.record({ accessToken: fc.string(), refreshToken: fc.string() });

describe('MemoryCredentialsStore', () => {
  const SESSION = { accessToken: 'a', refreshToken: 'r' };

  it('should keep, replace, update and forget', async () => {
    const store = new MemoryCredentialsStore();
    await expect(store.get('s')).resolves.toBeNull();
    await store.update('s', 'b');
    await expect(store.get('s')).resolves.toBeNull();
    await store.set('s', SESSION);
    await expect(store.get('s')).resolves.toEqual(SESSION);
    await store.update('s', 'b');
    await expect(store.get('s')).resolves.toEqual({ accessToken: 'b', refreshToken: 'r' });
    await store.set('s', SESSION);
    await expect(store.get('s')).resolves.toEqual(SESSION);
    await store.delete('s');
    await store.delete('s');
    await expect(store.get('s')).resolves.toBeNull();
  });

  it('should be bounded', async () => {
    const store = new MemoryCredentialsStore(2);
    for (const id of ['a', 'b', 'c']) await store.set(id, SESSION);
    await expect(store.get('a')).resolves.toBeNull();
    await expect(store.get('c')).resolves.toEqual(SESSION);
  });
});

describe('sealed credentials', () => {
  it('should open under their own id', () => {
    fc.assert(
      fc.property(fc.uuid(), credentials, (id, data) =>
        expect(open(key, id, seal(key, id, data))).toEqual(data),
      ),
    );
  });

  it('should not open under another id or key, or when changed', () => {
    fc.assert(
      fc.property(credentials, fc.nat(), (data, at) => {
        const { sealed } = seal(key, 'one', data);
        expect(open(key, 'other', { sealed })).toBeNull();
        expect(open(deriveKey('y'.repeat(32), 'stored sessions'), 'one', { sealed })).toBeNull();
        const bytes = Buffer.from(sealed, 'base64');
        const index = at % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
        expect(open(key, 'one', { sealed: bytes.toString('base64') })).toBeNull();
      }),
    );
  });

  it('should not show what is in them, and never look the same twice', () => {
    const data = { accessToken: 'an-access-token', refreshToken: 'a-refresh-token' };
    const [first, second] = [seal(key, 'one', data), seal(key, 'one', data)];
    expect(Buffer.from(first.sealed, 'base64').toString('latin1')).not.toContain('token');
    expect(first.sealed).not.toBe(second.sealed);
  });

  it('should not open what is none', () => {
    expect(open(key, 'one', { sealed: '' })).toBeNull();
    expect(open(key, 'one', { sealed: 'abc' })).toBeNull();
  });
});
