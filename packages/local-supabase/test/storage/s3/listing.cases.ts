import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textsOf as texts } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** Listings of both kinds against the plain list of keys. */
export function listing(door: S3Door): void {
  const { ask } = door;

  it('should list the same in pages of any size', async () => {
    const keys = ['a', 'a/', 'a/b', 'a/c/d', 'a/c/e', 'a-b', 'b//c', 'c/d', 'z'];
    await door.storage.pool.query(
      `insert into storage.objects (bucket_id, name) select 'list', unnest($1::text[])`,
      [keys],
    );
    const pages = async (parameters: Record<string, string>, older: boolean): Promise<string[]> => {
      const found: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const query = new URLSearchParams({ ...parameters, 'encoding-type': 'url' });
        if (!older) query.set('list-type', '2');
        if (next !== '') query.set(older ? 'marker' : 'continuation-token', next);
        const text: string = await (
          await ask('GET', `/list?${query.toString().replaceAll('+', '%20')}`)
        ).text();
        const rolled = texts(
          text.replaceAll('<CommonPrefixes><Prefix>', '<CommonPrefixes><Rolled>'),
          'Rolled',
        );
        const entries = [...texts(text, 'Key'), ...rolled].map(decodeURIComponent);
        expect(entries.length).toBeLessThanOrEqual(Number(parameters['max-keys'] ?? 1000));
        found.push(...entries);
        next = texts(text, older ? 'NextMarker' : 'NextContinuationToken').map(decodeURIComponent)[0];
        if (older && next === undefined && text.includes('<IsTruncated>true')) next = entries.at(-1);
      }
      return found.sort();
    };
    const expected = (prefix: string, delimiter: string): string[] => {
      const rolled = keys
        .filter((key) => key.startsWith(prefix))
        .map((key) => {
          const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
          return at === -1 ? key : key.slice(0, at + delimiter.length);
        });
      return [...new Set(rolled)].sort();
    };
    const options = fc.record({
      prefix: fc.constantFrom('', 'a', 'a/', 'b/', 'none'),
      delimiter: fc.constantFrom('', '/', '-', '//', 'b'),
      size: fc.integer({ min: 1, max: 4 }),
      older: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ prefix, delimiter, size, older }) => {
        const found = await pages({ prefix, delimiter, 'max-keys': String(size) }, older);
        expect(found).toEqual(expected(prefix, delimiter));
      }),
      { numRuns: 25 },
    );
    const after = await ask('GET', '/list?list-type=2&delimiter=%2F&start-after=a%2Fc%2Fd');
    expect(texts(await after.text(), 'Prefix')).toEqual(['a/', 'b/', 'c/']);
  });
}
