import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { postgresChangesFilter } from '@supabase/supabase-js';
import { joined } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { delivered, listen } from './listening.ts';
import type { Wanted } from './listening.ts';

/** Which changes are wanted. */
export function filtersOfChanges(fixture: RealtimeFixture): void {
  describe('Filters of postgres_changes', () => {
    const rows = `insert into items (id, value, amount, tags, data) values
    (1, 'apple', 1, '{x}', null), (2, 'Banana', 20, null, '{}'), (3, 'cherry, red', 3, '{y}', null), (4, null, 4, null, null)`;

    it.each<[unknown, number[]]>([
      ['id=eq.1', [1]],
      ['id=neq.1', [2, 3, 4]],
      ['amount=lt.3', [1]],
      ['amount=lte.3', [1, 3]],
      ['amount=gt.3', [2, 4]],
      ['amount=gte.3', [2, 3, 4]],
      ['id=in.(1,3)', [1, 3]],
      ['value=in.("cherry, red",apple)', [1, 3]],
      ['value=like.%an%', [2]],
      ['value=ilike.b%', [2]],
      ['value=match.^[a-c]', [1, 3]],
      ['value=imatch.^B', [2]],
      ['value=is.null', [4]],
      ['value=not.is.null', [1, 2, 3]],
      ['value=isdistinct.apple', [2, 3, 4]],
      ['value=not.eq.apple', [2, 3]],
      ['tags=eq.{x}', [1]],
      ['amount=gt.1,amount=lt.10,value=not.is.null', [3]],
      [postgresChangesFilter().eq('value', 'cherry, red'), [3]],
      [postgresChangesFilter().in('id', [2, 4]).not('value', 'is', null), [2]],
      ['', [1, 2, 3, 4]],
    ])('%s', async (filter, expected) => {
      const [inbox] = await listen(fixture, [
        { table: 'items', event: 'INSERT', filter },
        { table: 'whole' },
      ]);
      await fixture.sql(rows);
      await fixture.sql(`insert into whole values (99)`);
      const changes = await delivered(inbox, ({ table }) => table === 'whole');
      const ids = changes.filter(({ table }) => table === 'items').map(({ new: row }) => row.id);
      expect(ids).toEqual(expected);
      await fixture.sql('delete from items; delete from whole');
    });

    it('of deletes see the key only', async () => {
      const [inbox] = await listen(fixture, [{ table: 'items', event: 'DELETE', filter: 'id=eq.2' }]);
      const [blind] = await listen(fixture, [
        { table: 'items', event: 'DELETE', filter: 'value=is.null' },
        { table: 'whole' },
      ]);
      await fixture.sql(`insert into items (id) values (1), (2)`);
      await fixture.sql('delete from items');
      await fixture.sql(`insert into whole values (1)`);
      expect((await delivered(inbox, () => true)).map(({ old }) => old)).toEqual([{ id: 2 }]);
      expect((await delivered(blind, ({ table }) => table === 'whole')).map(({ table }) => table)).toEqual([
        'whole',
      ]);
      await fixture.sql('delete from whole');
    });

    it.each<[string, Wanted, string]>([
      [
        'an unknown table',
        { table: 'nowhere' },
        'Please check Realtime is enabled for the given connect parameters',
      ],
      ['a table that is not published', { table: 'quiet' }, 'Please check Realtime is enabled'],
      ['an unknown column', { table: 'items', filter: 'nope=eq.1' }, 'invalid column for filter nope'],
      [
        'a column the role may not see',
        { table: 'items', filter: 'hidden=eq.1' },
        'invalid column for filter hidden',
      ],
      [
        'an unknown operator',
        { table: 'items', filter: 'id=foo.1' },
        'Error parsing `filter` params: ["foo", "1"]',
      ],
      ['no filter at all', { table: 'items', filter: 'undefined' }, 'Error parsing `filter` params'],
      [
        'a value of another type',
        { table: 'items', filter: 'id=eq.abc' },
        'invalid input syntax for type integer',
      ],
      ['an operator the type lacks', { table: 'items', filter: 'id=like.1%' }, 'operator does not exist'],
      ['a broken pattern', { table: 'items', filter: 'value=match.(' }, 'invalid regular expression'],
      [
        'code in a value',
        { table: 'items', filter: `id=eq.1); drop table items; --` },
        'invalid input syntax',
      ],
      ['an unknown selected column', { table: 'items', select: ['nope'] }, 'invalid column for select nope'],
      [
        'a selection from all tables',
        { table: '*', select: ['id'] },
        'Column selection is not supported for wildcard',
      ],
    ])('refuse %s, and say why', async (_what, wanted, reason) => {
      await expect(listen(fixture, [wanted])).rejects.toThrow(reason);
      expect(await fixture.sql('select count(*)::int as n from items')).toEqual([{ n: 0 }]);
    });

    it('refuse the join when the client waits for them', async () => {
      const channel = (await fixture.client()).channel(randomUUID(), {
        config: { postgres_changes_options: { wait: true } },
      });
      channel.on('postgres_changes', { event: '*', schema: 'public', table: 'quiet' }, () => undefined);
      await expect(joined(channel)).rejects.toThrow('RealtimeDisabledForConfiguration: Unable to subscribe');
    });
  });
}
