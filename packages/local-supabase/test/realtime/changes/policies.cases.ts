import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Inbox, joined, systemMessages } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { delivered, listen } from './listening.ts';
import type { Change } from './listening.ts';

/** Which rows somebody may see. */
export function policiesOfChanges(fixture: RealtimeFixture): void {
  describe('Row-level security of postgres_changes', () => {
    it('shows each user his own rows, and the service key all', async () => {
      const [ada, bob] = [randomUUID(), randomUUID()];
      const [adaSees] = await listen(
        fixture,
        [{ table: 'notes' }, { table: 'whole' }],
        await fixture.token(ada),
      );
      const [bobSees] = await listen(
        fixture,
        [{ table: 'notes' }, { table: 'whole' }],
        await fixture.token(bob),
      );
      const [anonymous] = await listen(fixture, [{ table: 'notes' }, { table: 'whole' }]);
      const [service] = await listen(
        fixture,
        [{ table: 'notes' }, { table: 'whole' }],
        fixture.supabase.serviceRoleKey,
      );
      await fixture.sql(`insert into notes values (1, $1, 'of Ada'), (2, $2, 'of Bob')`, [ada, bob]);
      await fixture.sql(`insert into whole values (1)`);

      const bodies = async (inbox: Inbox<Change>): Promise<unknown[]> =>
        (await delivered(inbox, ({ table }) => table === 'whole')).map(({ new: row }) => row.body ?? 'whole');
      expect(await bodies(adaSees)).toEqual(['of Ada', 'whole']);
      expect(await bodies(bobSees)).toEqual(['of Bob', 'whole']);
      expect(await bodies(anonymous)).toEqual(['whole']);
      expect(await bodies(service)).toEqual(['of Ada', 'of Bob', 'whole']);
      await fixture.sql('delete from notes; delete from whole');
    });

    it('shows a row that is gone by the time it is told of', async () => {
      const ada = randomUUID();
      const [inbox] = await listen(fixture, [{ table: 'notes' }], await fixture.token(ada));
      await fixture.sql(`begin; insert into notes values (3, '${ada}', 'short'); delete from notes; commit`);
      const changes = await delivered(inbox, ({ eventType }) => eventType === 'DELETE');
      expect(changes).toMatchObject([
        { eventType: 'INSERT', new: { body: 'short' } },
        { eventType: 'DELETE', old: { id: 3 } },
      ]);
      expect(await fixture.sql('select * from notes')).toEqual([]);
    });

    it('tells of a deleted row its key and nothing else', async () => {
      await fixture.sql('alter table notes replica identity full');
      const [inbox] = await listen(fixture, [{ table: 'notes' }], await fixture.token(randomUUID()));
      await fixture.sql(`insert into notes values (4, gen_random_uuid(), 'secret')`);
      await fixture.sql('delete from notes');
      expect(await delivered(inbox, () => true)).toMatchObject([{ eventType: 'DELETE', old: { id: 4 } }]);
      expect(inbox.items[0]?.old).toEqual({ id: 4 });
    });

    it('goes on with the claims of a new token', async () => {
      const [ada, bob] = [randomUUID(), randomUUID()];
      const client = await fixture.client(await fixture.token(ada));
      const channel = client.channel(randomUUID());
      const inbox = new Inbox<Change>();
      channel.on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, (change) =>
        inbox.put(change as unknown as Change),
      );
      const system = systemMessages(channel);
      await joined(channel);
      await system.next();
      system.items.splice(0);
      await client.signIn(await fixture.token(bob));
      await system.next(({ status }) => status === 'ok');

      await fixture.sql(`insert into notes values (5, $1, 'of Ada'), (6, $2, 'of Bob')`, [ada, bob]);
      expect((await delivered(inbox, () => true)).map(({ new: row }) => row.body)).toEqual(['of Bob']);
      await fixture.sql('delete from notes');
    });

    it('says that a policy failed, and shows nothing', async () => {
      const [inbox] = await listen(fixture, [{ table: 'picky' }]);
      await fixture.sql('insert into picky values (1)');
      const [change] = await delivered(inbox, () => true);
      expect(change?.errors).toEqual(['Error 500: Internal Server Error, RLS policy evaluation failed']);
      expect(change?.new).toEqual({});
    });

    it('cannot tell rows without a primary key', async () => {
      const [inbox] = await listen(fixture, [{ table: 'keyless' }]);
      await fixture.sql(`insert into keyless values ('x')`);
      const [change] = await delivered(inbox, () => true);
      expect(change?.errors).toEqual(['Error 400: Bad Request, no primary key']);
    });

    it('says that the key of a row may not be selected', async () => {
      await fixture.sql('revoke select on whole from anon; grant select (value) on whole to anon');
      const [inbox] = await listen(fixture, [{ table: 'whole' }]);
      await fixture.sql(`insert into whole values (7, 'x')`);
      const [change] = await delivered(inbox, () => true);
      expect(change?.errors).toEqual(['Error 401: Unauthorized']);
      await fixture.sql('grant select on whole to anon; delete from whole');
    });
  });
}
