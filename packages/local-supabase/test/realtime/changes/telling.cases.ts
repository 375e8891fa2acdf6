import { describe, expect, it } from '@jest/globals';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { delivered, listen } from './listening.ts';
import type { Change } from './listening.ts';

/** What is told of a change, and to whom who asks for it. */
export function tellingOfChanges(fixture: RealtimeFixture): void {
  describe('postgres_changes', () => {
    it('tells of inserts, updates and deletes, in the order of the commits, with typed values', async () => {
      const [inbox] = await listen(fixture, [{ table: 'items' }]);
      await fixture.sql(`insert into items values (1, 'one', 1.5, '{a,"b c"}', '2026-01-02 03:04:05', 9007199254740991,
      '{"deep": [1, null]}', 'secret', '2026-01-02T03:04:05Z')`);
      await fixture.sql(`update items set value = null where id = 1`);
      await fixture.sql('delete from items where id = 1');

      const changes = await delivered(inbox, ({ eventType }) => eventType === 'DELETE');
      expect(changes).toMatchObject([
        {
          eventType: 'INSERT',
          schema: 'public',
          table: 'items',
          errors: null,
          old: {},
          new: {
            id: 1,
            value: 'one',
            amount: 1.5,
            tags: ['a', 'b c'],
            at: '2026-01-02T03:04:05',
            big: 9007199254740991,
            data: { deep: [1, null] },
          },
        },
        { eventType: 'UPDATE', new: { id: 1, value: null }, old: { id: 1 } },
        { eventType: 'DELETE', new: {}, old: { id: 1 } },
      ]);
      expect(changes[0]?.commit_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      // The subscriber's role may not select this column.
      expect(changes[0]?.new).not.toHaveProperty('hidden');
    });

    it('tells only of the wanted event, and a channel of each that it wants', async () => {
      const [updates] = await listen(fixture, [{ table: 'items', event: 'UPDATE' }]);
      const [both] = await listen(fixture, [
        { table: 'items', event: 'INSERT' },
        { table: 'items', event: 'DELETE' },
      ]);
      await fixture.sql(`insert into items (id) values (2)`);
      await fixture.sql(`update items set value = 'x' where id = 2`);
      await fixture.sql('delete from items where id = 2');
      const types = (changes: Change[]): string[] => changes.map(({ eventType }) => eventType);
      expect(types(await delivered(both, ({ eventType }) => eventType === 'DELETE'))).toEqual([
        'INSERT',
        'DELETE',
      ]);
      expect(types(await delivered(updates, () => true))).toEqual(['UPDATE']);
    });

    it('tells the whole old row with REPLICA IDENTITY FULL, and bytes as their digits', async () => {
      const [inbox] = await listen(fixture, [{ table: 'whole' }]);
      await fixture.sql(`insert into whole values (1, 'before', '\\x01ff')`);
      await fixture.sql(`update whole set value = 'after'`);
      await fixture.sql('delete from whole');
      expect(await delivered(inbox, ({ eventType }) => eventType === 'DELETE')).toMatchObject([
        { new: { bytes: '01ff' } },
        { old: { id: 1, value: 'before', bytes: '01ff' }, new: { value: 'after', bytes: '01ff' } },
        { old: { id: 1, value: 'after' } },
      ]);
    });

    it('tells of a transaction all or nothing', async () => {
      const [inbox] = await listen(fixture, [{ table: 'items' }]);
      await fixture.sql(
        `do $$ begin insert into items (id) values (3); raise exception 'no'; exception when others then null; end $$`,
      );
      await fixture.sql(`insert into items (id) select generate_series(10, 29)`);
      const changes = await delivered(inbox, ({ new: row }) => row.id === 29);
      expect(changes.map(({ new: row }) => row.id)).toEqual(Array.from({ length: 20 }, (_, n) => n + 10));
      await fixture.sql('delete from items');
    });

    it('carries names with spaces and capitals', async () => {
      const [inbox] = await listen(
        fixture,
        [{ table: 'Odd Name', filter: 'Some Value=eq.a, b' }].map((w) => ({
          ...w,
          filter: 'Some Value=eq."a, b"',
        })),
      );
      await fixture.sql(`insert into "Odd Name" values (1, 'no'), (2, 'a, b')`);
      expect(await delivered(inbox, () => true)).toMatchObject([
        { table: 'Odd Name', new: { 'Some Value': 'a, b' } },
      ]);
    });

    it('carries a large row without its large values, and says so', async () => {
      const [inbox] = await listen(fixture, [{ table: 'items' }]);
      await fixture.sql(`insert into items (id, value) values (4, repeat('x', 1100000))`);
      const [change] = await delivered(inbox, () => true);
      expect(change?.errors).toEqual(['Error 413: Payload Too Large']);
      expect(change?.new).toMatchObject({ id: 4 });
      expect(change?.new).not.toHaveProperty('value');
      await fixture.sql('delete from items');
    });

    it('sends only selected columns and the key', async () => {
      const [inbox] = await listen(fixture, [{ table: 'items', select: ['value'] }]);
      await fixture.sql(`insert into items (id, value, amount) values (5, 'v', 1)`);
      const [change] = await delivered(inbox, () => true);
      expect(change?.new).toEqual({ id: 5, value: 'v' });
      await fixture.sql('delete from items');
    });

    it('listens to all tables of a schema, also to those published later', async () => {
      const [inbox] = await listen(fixture, [{ table: '*' }]);
      await fixture.sql('create table public.later (id int primary key)');
      await fixture.sql('alter publication supabase_realtime add table public.later');
      const done = new AbortController();
      const insert = async (): Promise<void> => {
        for (let id = 0; !done.signal.aborted; id += 1) {
          await fixture.sql('insert into later values ($1)', [id]);
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
      };
      const inserting = insert();
      await inbox.next(({ table }) => table === 'later', 15_000);
      done.abort();
      await inserting;
      expect(inbox.items.at(-1)).toMatchObject({ eventType: 'INSERT', table: 'later' });
    }, 30_000);

    it('costs nothing where nobody listens', async () => {
      const [, channel] = await listen(fixture, [{ table: 'items' }]);
      await channel.unsubscribe();
      await fixture.sql(`insert into items (id) values (6)`);
      await fixture.sql(`insert into quiet (id) values (6)`);
      expect(await fixture.sql('select * from _realtime.change')).toEqual([]);
      expect(
        await fixture.sql(`select tgname from pg_trigger where tgrelid = 'public.quiet'::regclass`),
      ).toEqual([]);
      await fixture.sql('delete from items');
    });
  });
}
