import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mustBeBucketName } from '../../src/storage/buckets/bucket.names.ts';
import { fileSizeInBytes } from '../../src/storage/buckets/file-size.ts';
import { mustBeAllowed, mustBeMimeTypes } from '../../src/storage/buckets/mime-types.ts';
import { ANONYMOUS } from '../../src/storage/database/caller.ts';
import { scopeStatement } from '../../src/storage/database/scope.ts';
import { rangeOf } from '../../src/storage/http/conditions.ts';
import { mustBeRobotsTag } from '../../src/storage/http/robots.tag.ts';
import { cursorOf, readCursor } from '../../src/storage/objects/listing.cursor.ts';
import { mustBeObjectKey } from '../../src/storage/objects/object.keys.ts';
import { readTransformation, transformationText } from '../../src/storage/images/transformation.ts';
import { storageSettings } from '../../src/storage/settings.ts';

const refuses = (check: () => unknown): boolean => {
  try {
    check();
    return false;
  } catch {
    return true;
  }
};

describe('names', () => {
  it('should never let a segment walk up, or anything through that is no character of S3', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const allowed = !refuses(() => mustBeObjectKey(text));
        const safe =
          /^[\w/!\-.*'() &$@=;:+,?]+$/.test(text) &&
          !text.split('/').some((part) => part === '.' || part === '..');
        expect(allowed).toBe(safe && text.length <= 1024);
      }),
    );
  });

  it('should never let a slash into the name of a bucket', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(refuses(() => mustBeBucketName(`${before}/${after}`))).toBe(true);
      }),
    );
  });
});

describe('sizes and types', () => {
  it.each([
    ['10MB', 10_000_000],
    ['1.5gb', 1_500_000_000],
    ['3B', 3],
    [7, 7],
  ])('should read %p as %d bytes', (size, bytes) => {
    expect(fileSizeInBytes(size)).toBe(bytes);
  });

  it.each(['', '10', 'MB', '-1MB', '1e3MB', '10 MB', '10MiB'])('should refuse the size %p', (size) => {
    expect(refuses(() => fileSizeInBytes(size))).toBe(true);
  });

  it.each(['50MiB', '50MB', '50M', 52_428_800])('should read %p of config.toml as 50 MiB', (limit) => {
    expect(storageSettings({ storage: { file_size_limit: limit } }).fileSizeLimit).toBe(52_428_800);
  });

  it('should refuse a size of config.toml that is none', () => {
    expect(refuses(() => storageSettings({ storage: { file_size_limit: 'much' } }))).toBe(true);
  });

  it.each([
    ['image/png', ['image/png'], true],
    ['image/png', ['image/*'], true],
    ['image/png', [], true],
    ['IMAGE/PNG', ['image/png'], true],
    ['text/plain;charset=UTF-8', ['text/plain'], true],
    ['text/plain', ['text/plain; charset=utf-8'], false],
    ['imagex/png', ['image/*'], false],
    ['image', ['image/*'], false],
    ['', ['image/*'], false],
  ])('should decide on %p among %j: %p', (type, allowed, decision) => {
    expect(!refuses(() => mustBeAllowed(type, allowed))).toBe(decision);
  });

  it('should take only types, and wildcards of subtypes', () => {
    expect(refuses(() => mustBeMimeTypes(['image/*', 'text/plain; charset=utf-8', '*/*']))).toBe(false);
    for (const type of ['image', '*/png', 'a b/c', ''])
      expect(refuses(() => mustBeMimeTypes([type]))).toBe(true);
  });
});

describe('what crawlers are told', () => {
  it.each([
    'all',
    'noindex,   nofollow,',
    '  max-snippet:    50 ',
    'max-video-preview: -1, max-image-preview: large',
    'unavailable_after: Wed, 03 Dec 2025 13:09:53 GMT, noindex',
    'unavailable_after: 2025-12-03',
    'BadBot: noindex, nofollow, googlebot: max-snippet: 5',
  ])('should take %p', (tag) => {
    expect(refuses(() => mustBeRobotsTag(tag))).toBe(false);
  });

  it.each([
    ['   ', 'X-Robots-Tag header value must be a non-empty string'],
    ['noindex,  , nofollow', 'X-Robots-Tag header contains empty rule'],
    ['no index', 'Invalid X-Robots-Tag rule: "no index"'],
    ['other: thing', 'Invalid X-Robots-Tag rule: "thing"'],
    ['googlebot:  ', 'X-Robots-Tag user agent "googlebot" has no rules specified'],
    ['max-snippet:', 'X-Robots-Tag rule "max-snippet" requires a value'],
    ['max-snippet: abc', 'X-Robots-Tag "max-snippet" value must be a number >= -1, got: "abc"'],
    ['max-image-preview: big', 'value must be one of: none, standard, large, got: "big"'],
    ['unavailable_after: soon', 'value must be a valid date, got: "soon"'],
    ['a:'.repeat(8_000), 'user agent "a" has no rules specified'],
  ])('should refuse %p', (tag, message) => {
    expect(() => mustBeRobotsTag(tag)).toThrow(message);
  });
});

describe('the scope', () => {
  it('should set everything for the transaction only, by parameters', () => {
    const { text, values } = scopeStatement({
      caller: { ...ANONYMOUS, role: `x'; drop table storage.objects; --` },
      method: 'GET',
      path: '/',
      headers: {},
      operation: 'storage.object.list',
    });
    expect(text).not.toContain('drop');
    expect(text.match(/set_config\('[a-z._]+', \$\d+, true\)/g)).toHaveLength(values.length);
    expect(values).toContain(`x'; drop table storage.objects; --`);
  });
});

describe('ranges', () => {
  it('should stay inside the object, whatever is asked', () => {
    const validators = { eTag: undefined, lastModified: undefined };
    fc.assert(
      fc.property(fc.nat(100), fc.option(fc.nat(200)), fc.option(fc.nat(200)), (size, first, last) => {
        const range = rangeOf({ range: `bytes=${first ?? ''}-${last ?? ''}` }, size, validators);
        if (range === undefined || range === 'unsatisfiable') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.end).toBeGreaterThanOrEqual(range.start);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });
});

describe('round trips', () => {
  it('should read the cursor that was written', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[\w/ .-]+$/),
        fc.constantFrom('name' as const, 'created_at' as const, 'updated_at' as const),
        fc.constantFrom('asc' as const, 'desc' as const),
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        (name, column, order, date) => {
          const entry = {
            name,
            id: 'x',
            updated_at: date,
            created_at: date,
            last_accessed_at: date,
            metadata: null,
          };
          expect(readCursor(cursorOf(entry, column, order))).toEqual({
            after: name,
            afterTime: column === 'name' ? '' : date.toISOString(),
            column,
            order,
          });
        },
      ),
    );
  });

  it('should read the transformation that was signed', () => {
    const asked = { width: 10, height: 20, resize: 'fill' as const, quality: 30, format: 'webp' as const };
    expect(readTransformation(transformationText(asked))).toEqual(asked);
  });
});
