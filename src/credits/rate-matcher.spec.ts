import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateMatcher } from './rate-matcher.js';
import { routeKey } from './rate-path.js';
import type { Price, RateMethod } from './rate.types.js';

const price = (endpointPath: string, method: RateMethod | null = null, id = 1): Price => ({
  id,
  endpointPath,
  method,
  creditsPerRequest: 1,
});

/** The endpoint path of the rate that decides. */
const decisive = (paths: string[], path: string, route?: string, method = 'GET'): string | undefined =>
  new RateMatcher(paths.map((endpointPath, id) => price(endpointPath, null, id))).match({
    method,
    path,
    route,
  })?.endpointPath;

describe('RateMatcher', () => {
  it.each([
    ['the same path', '/api/things', '/api/things'],
    ['the other representation', '/api/things', '/api/v1/things'],
    ['the other representation, the other way round', '/api/v1/things', '/api/things'],
    ['a rate without prefix', '/things', '/api/v1/things'],
    ['a trailing slash in the request', '/api/things', '/api/things/'],
    ['a trailing slash in the rate', '/api/things/', '/api/things'],
    ['a query', '/api/things', '/api/things?x=/1'],
    ['a parameter', '/api/things/:id', '/api/things/7'],
    ['a parameter in braces', '/api/things/{id}', '/api/v1/things/7'],
    ['a parameter in the middle', '/api/things/:id/parts', '/api/things/7/parts'],
    ['a wildcard for one part', '/api/things/*', '/api/things/7'],
    ['a wildcard for many parts', '/api/things/*', '/api/things/7/parts/8'],
    ['a named wildcard', '/api/things/*rest', '/api/things/7/8'],
    ['a wildcard in the middle', '/api/*/parts', '/api/things/parts'],
    ['everything', '/*', '/api/things'],
    ['everything under the prefix', '/api/*', '/api/v1/things/7'],
    ['the root', '/api', '/api/v1/'],
    ['an encoded part', '/api/things/a b', '/api/things/a%20b'],
  ])('should match %s', (_, rate, path) => {
    expect(decisive([rate], path)).toBe(rate);
  });

  it.each([
    ['a longer path', '/api/things', '/api/things/7'],
    ['a shorter path', '/api/things/:id', '/api/things'],
    ['another path', '/api/things', '/api/thing'],
    ['a path in other letters', '/api/things', '/api/Things'],
    ['nothing behind a wildcard', '/api/things/*', '/api/things'],
    ['a prefix that only begins like ours', '/things', '/apix/things'],
    ['too many parts for a wildcard in the middle', '/api/*/parts', '/api/a/b/parts'],
  ])('should not match %s', (_, rate, path) => {
    expect(decisive([rate], path)).toBeUndefined();
  });

  it('should prefer the more specific rate, part by part from the left', () => {
    const rates = [
      '/*',
      '/things/*',
      '/things/:id/*',
      '/things/:id/parts',
      '/things/7/:x',
      '/things/7/parts',
    ];
    const ask = (path: string) => decisive(rates, path);
    expect(ask('/things/7/parts')).toBe('/things/7/parts');
    expect(ask('/things/7/else')).toBe('/things/7/:x');
    expect(ask('/things/8/parts')).toBe('/things/:id/parts');
    expect(ask('/things/8/else')).toBe('/things/:id/*');
    expect(ask('/things/8')).toBe('/things/*');
    expect(ask('/other')).toBe('/*');
  });

  it('should prefer a rate for the method among equals, and a more specific path before it', () => {
    const matcher = new RateMatcher([
      price('/things/:id', null, 1),
      price('/things/:id', 'POST', 2),
      price('/things/7', null, 3),
    ]);
    expect(matcher.match({ method: 'post', path: '/api/things/8' })?.id).toBe(2);
    expect(matcher.match({ method: 'GET', path: '/api/things/8' })?.id).toBe(1);
    expect(matcher.match({ method: 'POST', path: '/api/things/7' })?.id).toBe(3);
  });

  it('should charge HEAD as GET and leave other methods alone', () => {
    const matcher = new RateMatcher([price('/things', 'GET')]);
    expect(matcher.match({ method: 'HEAD', path: '/api/things' })?.id).toBe(1);
    expect(matcher.match({ method: 'POST', path: '/api/things' })).toBeUndefined();
  });

  describe('with the route known', () => {
    it('should not charge one route by the pattern of another', () => {
      expect(decisive(['/users/:id'], '/api/users/me', '/api/users/me')).toBeUndefined();
      expect(decisive(['/users/:id'], '/api/users/7', '/api/users/:id')).toBe('/users/:id');
      expect(decisive(['/users/*'], '/api/users/me', '/api/users/me')).toBe('/users/*');
    });

    it('should compare literal parts with the route, however the request spells them', () => {
      expect(decisive(['/credits'], '/api/%63redits', '/api/credits')).toBe('/credits');
      expect(decisive(['/credits'], '/%61pi/v1/credits', '/api/v1/credits')).toBe('/credits');
    });

    it('should compare a literal with what stands for a parameter', () => {
      expect(decisive(['/functions/hello'], '/api/functions/hello', '/api/functions/:name')).toBe(
        '/functions/hello',
      );
      expect(decisive(['/functions/hello'], '/api/functions/h%65llo', '/api/functions/:name')).toBe(
        '/functions/hello',
      );
      expect(decisive(['/functions/hello'], '/api/functions/bye', '/api/functions/:name')).toBeUndefined();
    });

    it('should look at what was typed behind the wildcard of a route', () => {
      const route = '/api/storage/:bucket/objects/*path';
      expect(decisive(['/storage/:bucket/objects/*'], '/api/storage/b/objects/x/y', route)).toBeDefined();
      expect(decisive(['/storage/b/objects/x/y'], '/api/storage/b/objects/x/y', route)).toBeDefined();
      expect(decisive(['/storage/b/objects/x'], '/api/storage/b/objects/x/y', route)).toBeUndefined();
    });
  });

  const part = fc.constantFrom('a', 'b', 'api', 'v1', 'x%20y');
  const spelling = fc.tuple(
    fc.constantFrom('', '/api', '/api/v1'),
    fc.constantFrom('', '/'),
    fc.constantFrom('', '?q=1'),
  );

  it('should price all spellings of a route alike', () => {
    fc.assert(
      fc.property(
        // The first part is none of the prefix's, as a route of ours has exactly one prefix.
        fc.tuple(fc.constantFrom('a', 'b'), fc.array(part, { maxLength: 3 })),
        fc.array(fc.constantFrom('/a', '/a/:x', '/a/*', '/b/{y}/a', '/*/b', '/api/v1/a/b/'), {
          maxLength: 5,
        }),
        spelling,
        spelling,
        ([first, rest], rates, [prefix1, slash1, query1], [prefix2, slash2, query2]) => {
          const path = ['', first, ...rest].join('/');
          expect(decisive(rates, prefix1 + path + slash1 + query1)).toBe(
            decisive(rates, prefix2 + path + slash2 + query2),
          );
        },
      ),
    );
  });

  it('should not depend on the order of the rates', () => {
    const rates = fc.uniqueArray(
      fc.constantFrom('/a', '/a/:x', '/a/*', '/:y/b', '/*/b', '/*', '/a/b', '/:y/:z'),
      {
        minLength: 1,
      },
    );
    fc.assert(
      fc.property(
        rates,
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
        (paths, parts) => {
          const path = `/${parts.join('/')}`;
          expect(decisive([...paths].reverse(), path)).toBe(decisive(paths, path));
        },
      ),
    );
  });
});

describe('routeKey', () => {
  it('should be stable and free of prefixes and slashes at the end', () => {
    const text = fc.array(fc.constantFrom('/', 'api', 'v1', ':id', '{id}', '*', '*rest', 'a', ':'), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(text, (pieces) => {
        const key = routeKey(pieces.join(''));
        expect(key).toMatch(/^\/(.*[^/])?$/s);
      }),
    );
  });
});
