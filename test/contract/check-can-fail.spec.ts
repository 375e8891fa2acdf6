import { describe, expect, it } from '@jest/globals';
import { expectDocumented } from '../harness/contract.js';

/** The check that every answer of every suite passes: it has to be able to fail. */
describe('expectDocumented', () => {
  const credits = { credits: 100, subscription_tier: 'free' };

  it('should accept what is documented, with and without a query or a trailing slash', () => {
    expect(() => expectDocumented('GET', '/api/credits', 200, credits)).not.toThrow();
    expect(() => expectDocumented('GET', '/api/credits/?x=1', 200, credits)).not.toThrow();
    expect(() =>
      expectDocumented('GET', '/api/v1/credits', 200, { success: true, data: credits }),
    ).not.toThrow();
  });

  it.each([
    ['a missing property', 200, { credits: 100 }],
    ['a wrong type', 200, { ...credits, credits: '100' }],
    ['an envelope where there is none', 200, { success: true, data: credits }],
    ['an undocumented status', 418, credits],
    ['an error of another shape', 401, { error: 'Unauthorized' }],
  ])('should refuse %s', (_, status, body) => {
    expect(() => expectDocumented('GET', '/api/credits', status, body)).toThrow(/documented/);
  });

  it('should refuse a bare resource where an envelope is documented', () => {
    expect(() => expectDocumented('GET', '/api/v1/credits', 200, credits)).toThrow(/not as documented/);
  });
});
