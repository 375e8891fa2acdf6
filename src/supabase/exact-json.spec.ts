import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExactly, rowsOf } from './exact-json.js';

describe('parseExactly', () => {
  it.each([
    '[{"id":9007199254740993}]',
    '{"most":1e400,"least":-1.5E-400}',
    '[{"n":123456789.12345678901234567890,"m":1}]',
    '-9223372036854775808',
  ])('should keep every digit of %s', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  it('should give what JSON.parse gives for all other values', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(JSON.stringify(parseExactly(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('should read nothing as null, and refuse what is no JSON', () => {
    expect(parseExactly('')).toBeNull();
    expect(() => parseExactly('<html>')).toThrow(expect.objectContaining({ kind: 'unavailable' }));
  });
});

describe('rowsOf', () => {
  it('should refuse what is no list of rows', () => {
    expect(rowsOf([{ a: 1 }])).toEqual([{ a: 1 }]);
    for (const nonsense of [{ hello: ['world'] }, [null], [{ a: 1 }, 'b']])
      expect(() => rowsOf(nonsense)).toThrow(expect.objectContaining({ kind: 'unavailable' }));
  });
});
