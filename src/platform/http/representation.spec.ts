import { describe, expect, it } from '@jest/globals';
import { representationOf } from './representation.js';

describe('representationOf', () => {
  it.each(['/api/v1', '/api/v1/', '/api/v1/credits', '/api/v1?x=1', '/api/v1/%zz'])(
    'should envelope %s',
    (url) => {
      expect(representationOf(url)).toBe('enveloped');
    },
  );

  it.each(['/api/credits', '/api', '/api/v10/credits', '/api/v1beta', '/docs', '/', '', '/x/api/v1/y'])(
    'should serve %s plainly',
    (url) => {
      expect(representationOf(url)).toBe('plain');
    },
  );
});
