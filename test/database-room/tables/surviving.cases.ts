import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { resourceOf } from '../../harness/representations.js';
import type { Note, Notes } from './notes.js';

/** Whatever a query string says. */
export function anyQuery(of: Notes): void {
  const { path: notes } = of;

  it('should never fail on a query string, nor change a row for one that is refused', async () => {
    const word = fc.constantFrom(
      ...[
        'id',
        'body',
        'owner',
        'nothing',
        'eq.',
        'in.(',
        'is.null',
        'not.',
        'or',
        'and',
        '(',
        ')',
        ',',
        '.',
        '"',
      ],
      ...[
        '->',
        '::text',
        '*',
        '%',
        '\\',
        "'",
        '1',
        '9e99',
        '\0',
        'é',
        'like.',
        'fts(english).',
        'cs.{',
        '}',
        '!inner',
        'count()',
      ],
    );
    const soup = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
    const name = fc.oneof(
      fc.constantFrom('id', 'body', 'or', 'not.and', 'select', 'order', 'limit', 'x.or'),
      soup,
    );
    const query = fc
      .array(fc.tuple(name, soup), { minLength: 1, maxLength: 3 })
      .map((pairs) => new URLSearchParams(pairs).toString());
    const count = async (): Promise<number> => resourceOf<Note[]>(await of.ada.get(notes)).length;
    await fc.assert(
      fc.asyncProperty(query, async (search) => {
        expect((await of.ada.get(`${notes}?${search}`)).status).toBeLessThan(500);
        const before = await count();
        const { status } = await of.ada.delete(`${notes}?${search}`);
        expect(status).toBeLessThan(500);
        if (status >= 400) expect(await count()).toBe(before);
      }),
      { numRuns: 25 },
    );
  });
}
