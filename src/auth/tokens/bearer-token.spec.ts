import { describe, expect, it } from '@jest/globals';
import { bearerToken } from './bearer-token.js';

const TOKEN = 'abc-1.def_2.ghi3';

describe('bearerToken', () => {
  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER   ${TOKEN} `])('should read %j', (authorization) => {
    expect(bearerToken({ authorization })).toBe(TOKEN);
  });

  it('should tell no token from one that is none', () => {
    expect(bearerToken({})).toBeNull();
    expect(bearerToken({ authorization: '' })).toBeNull();
  });

  it('should refuse one that is far too long', () => {
    expect(bearerToken({ authorization: `Bearer ${'x'.repeat(20_000)}.y.z` })).toBeUndefined();
  });

  it.each([
    'Bearer',
    'Bearer ',
    `Bearer${TOKEN}`,
    `Basic ${TOKEN}`,
    `Token ${TOKEN}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    'Bearer abc',
    'Bearer abc.def',
    'Bearer abc.def.',
    'Bearer a.b.c.d',
    'Bearer a b.c.d',
  ])('should refuse %j', (authorization) => {
    expect(bearerToken({ authorization })).toBeUndefined();
  });
});
