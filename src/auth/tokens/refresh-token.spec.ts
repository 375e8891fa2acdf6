import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deriveKey } from './derive-key.js';
import { RefreshTokenCodec } from './refresh-token.js';

const codec = new RefreshTokenCodec(deriveKey('x'.repeat(32), 'refresh tokens'));
const refreshToken = fc.record({ sessionId: fc.uuid(), generation: fc.integer({ min: 1, max: 0xffffffff }) });

describe('RefreshTokenCodec', () => {
  it('should read what it has written', () => {
    fc.assert(fc.property(refreshToken, (token) => expect(codec.decode(codec.encode(token))).toEqual(token)));
  });

  it('should write every session and generation differently', () => {
    fc.assert(
      fc.property(refreshToken, refreshToken, (one, other) => {
        const same = one.sessionId === other.sessionId && one.generation === other.generation;
        expect(codec.encode(one) === codec.encode(other)).toBe(same);
      }),
    );
  });

  it('should not take one with any character changed, added or removed', () => {
    fc.assert(
      fc.property(
        refreshToken,
        fc.nat(),
        fc.constantFrom('A', 'z', '_', '=', '.', ''),
        (token, at, character) => {
          const text = codec.encode(token);
          const index = at % (text.length + 1);
          const changed = text.slice(0, index) + character + text.slice(index + 1);
          fc.pre(changed !== text);
          expect(codec.decode(changed)).toBeNull();
        },
      ),
    );
  });

  it('should not take one of another key', () => {
    const other = new RefreshTokenCodec(deriveKey('y'.repeat(32), 'refresh tokens'));
    const otherUse = new RefreshTokenCodec(deriveKey('x'.repeat(32), 'stored sessions'));
    fc.assert(
      fc.property(refreshToken, (token) => {
        expect(codec.decode(other.encode(token))).toBeNull();
        expect(codec.decode(otherUse.encode(token))).toBeNull();
      }),
    );
  });

  it('should not take anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(codec.decode(text)).toBeNull()));
    expect(codec.decode(randomBytes(52).toString('base64url'))).toBeNull();
  });
});
