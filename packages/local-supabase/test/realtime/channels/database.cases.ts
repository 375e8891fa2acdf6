import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { joined, systemMessages } from '../realtime.fixture.ts';
import type { RealtimeFixture } from '../realtime.fixture.ts';
import { broadcasts, topic } from './broadcasts.ts';

/** What SQL says to clients, and what is kept for those who come later. */
export function broadcastFromTheDatabase(fixture: RealtimeFixture): void {
  describe('Broadcast from the database', () => {
    const config = { private: true, broadcast: { replication_ready: true } };

    it('says when it is ready, and delivers realtime.send() with an id', async () => {
      const name = topic();
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, { config });
      const [inbox, messages] = [broadcasts(channel), systemMessages(channel)];
      await joined(channel);
      await messages.next(({ message }) => message === 'Replication connection established');

      await fixture.sql(`select realtime.send('{"text": "from SQL"}', 'news', $1, true)`, [name]);

      const { payload, meta } = await inbox.next(({ event }) => event === 'news');
      expect(payload).toMatchObject({ text: 'from SQL', id: meta?.id });
    });

    it('delivers bytes of realtime.send_binary()', async () => {
      const name = topic();
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, { config });
      const inbox = broadcasts(channel);
      await joined(channel);
      await fixture.sql(`select realtime.send_binary('\\xdeadbeef00ff', 'bytes', $1, true)`, [name]);
      const { payload } = await inbox.next();
      expect(Buffer.from(payload as ArrayBuffer).toString('hex')).toBe('deadbeef00ff');
    });

    it('delivers payloads larger than a notification', async () => {
      const name = topic();
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, { config });
      const inbox = broadcasts(channel);
      await joined(channel);
      await fixture.sql(
        `select realtime.send(jsonb_build_object('t', repeat('x', 20000)), 'large', $1, true)`,
        [name],
      );
      expect(((await inbox.next()).payload as { t: string }).t).toHaveLength(20_000);
    });

    it('delivers realtime.broadcast_changes() of a trigger, in order', async () => {
      const name = topic();
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, { config });
      const inbox = broadcasts(channel);
      await joined(channel);

      await fixture.sql(`insert into rooms values (1, 'one', $1)`, [name]);
      await fixture.sql(`update rooms set name = 'two'`);
      await fixture.sql('delete from rooms');

      await inbox.next(({ event }) => event === 'DELETE');
      const head = { schema: 'public', table: 'rooms' };
      expect(inbox.items.map(({ payload }) => payload)).toMatchObject([
        { ...head, operation: 'INSERT', record: { name: 'one' }, old_record: null },
        { ...head, operation: 'UPDATE', record: { name: 'two' }, old_record: { name: 'one' } },
        { ...head, operation: 'DELETE', record: null, old_record: { name: 'two' } },
      ]);
    });

    it('delivers nothing of a transaction that was rolled back', async () => {
      const name = topic();
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, { config });
      const inbox = broadcasts(channel);
      await joined(channel);
      await fixture.sql(
        `do $$ begin perform realtime.send('{}', 'undone', '${name}', true); raise exception 'no'; exception when others then null; end $$`,
      );
      await fixture.sql(`select realtime.send('{}', 'kept', $1, true)`, [name]);
      await inbox.next(({ event }) => event === 'kept');
      expect(inbox.items).toHaveLength(1);
    });

    it('replays stored messages to those who join later, and each only once', async () => {
      const name = topic();
      const client = await fixture.client(await fixture.token(randomUUID()));
      const since = Date.now() - 60_000;
      await fixture.sql(
        `select realtime.send(jsonb_build_object('n', n), 'old', $1, true) from generate_series(1, 3) n`,
        [name],
      );

      const channel = client.channel(name, {
        config: { private: true, broadcast: { replay: { since, limit: 2 } } },
      });
      const inbox = broadcasts(channel);
      await joined(channel);
      await inbox.next(({ payload }) => (payload as { n: number }).n === 3);
      await fixture.sql(`select realtime.send('{"n": 4}', 'new', $1, true)`, [name]);
      await inbox.next(({ event }) => event === 'new');

      expect(inbox.items.map(({ event, meta }) => [event, meta?.replayed])).toEqual([
        ['old', true],
        ['old', true],
        ['new', undefined],
      ]);
    });

    it('replays nothing older than asked for', async () => {
      const name = topic();
      await fixture.sql(`select realtime.send('{}', 'old', $1, true)`, [name]);
      const since = Date.now() + 60_000;
      const channel = (await fixture.client(await fixture.token(randomUUID()))).channel(name, {
        config: { private: true, broadcast: { replay: { since } } },
      });
      const inbox = broadcasts(channel);
      await joined(channel);
      await fixture.sql(`select realtime.send('{}', 'new', $1, true)`, [name]);
      await inbox.next(({ event }) => event === 'new');
      expect(inbox.items).toHaveLength(1);
    });

    it('keeps what a client wants kept, where the policies let him', async () => {
      const name = `topic:stored:${randomUUID()}`;
      const token = await fixture.token(randomUUID());
      const since = Date.now() - 60_000;
      const sender = (await fixture.client(token)).channel(name, {
        config: { private: true, broadcast: { ack: true } },
      });
      await joined(sender);
      expect(await sender.send({ type: 'broadcast', event: 'kept', payload: { n: 1 }, persist: true })).toBe(
        'ok',
      );
      expect(await sender.httpSend('kept too', { n: 2 }, { persist: { ttl: 60 } })).toEqual({
        success: true,
      });

      const late = (await fixture.client(token)).channel(name, {
        config: { private: true, broadcast: { replay: { since } } },
      });
      const inbox = broadcasts(late);
      await joined(late);
      await inbox.next(({ event }) => event === 'kept too');
      expect(inbox.items.map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
    });

    it('keeps nothing where they do not', async () => {
      const sender = (await fixture.client(await fixture.token(randomUUID()))).channel(topic(), {
        config: { private: true, broadcast: { ack: true } },
      });
      await joined(sender);
      const sent = await sender.send({ type: 'broadcast', event: 'kept', payload: {}, persist: true });
      expect(sent).toBe('You do not have permissions to store messages of this topic');
    });
  });
}
