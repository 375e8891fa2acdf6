import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { Inbox, RealtimeFixture, joined, systemMessages } from './realtime.fixture.ts';
import type { Version } from './realtime.fixture.ts';

interface Broadcast {
  readonly event: string;
  readonly payload: unknown;
  readonly meta?: Record<string, unknown>;
}

const fixture = new RealtimeFixture();
const topic = (): string => `topic:${randomUUID()}`;

function broadcasts(channel: RealtimeChannel): Inbox<Broadcast> {
  const inbox = new Inbox<Broadcast>();
  channel.on('broadcast', { event: '*' }, (message) => inbox.put(message as unknown as Broadcast));
  return inbox;
}

beforeAll(
  () =>
    fixture.start(`
      create policy "members read" on realtime.messages for select to authenticated
        using (realtime.topic() like 'topic:%' or realtime.topic() like 'read-only:%');
      create policy "members write" on realtime.messages for insert to authenticated
        with check (realtime.topic() like 'topic:%' and extension in ('broadcast', 'presence'));
      create policy "some are stored" on realtime.messages for insert to authenticated
        with check (realtime.topic() like 'topic:stored:%' and extension = 'persistence');
      create policy "presence is secret" on realtime.messages as restrictive for select to authenticated
        using (extension <> 'presence' or realtime.topic() not like '%:hidden');
      create policy "this one fails" on realtime.messages for select to authenticated
        using (case when realtime.topic() like 'broken:%' then realtime.topic()::int = 1 else false end);
      create table public.rooms (id int primary key, name text, topic text);
      create function public.tell_room() returns trigger language plpgsql security definer as $$
      begin
        perform realtime.broadcast_changes(
          coalesce(new.topic, old.topic), tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger tell_room after insert or update or delete on public.rooms
        for each row execute function public.tell_room();`),
  120_000,
);
afterEach(() => fixture.leaveAll());
afterAll(() => fixture.stop());

describe.each<Version>(['1.0.0', '2.0.0'])('Broadcast with version %s', (vsn) => {
  it('reaches the others, and not the sender', async () => {
    const name = topic();
    const sender = (await fixture.client(undefined, vsn)).channel(name);
    const receiver = (await fixture.client(undefined, vsn)).channel(name);
    const [own, other] = [broadcasts(sender), broadcasts(receiver)];
    await Promise.all([joined(sender), joined(receiver)]);

    await sender.send({ type: 'broadcast', event: 'cursor', payload: { x: 1, text: 'é😀' } });

    expect(await other.next()).toMatchObject({ event: 'cursor', payload: { x: 1, text: 'é😀' } });
    expect(own.items).toEqual([]);
  });

  it('reaches the sender, too, when he wants it, and is confirmed when he wants that', async () => {
    const channel = (await fixture.client(undefined, vsn)).channel(topic(), {
      config: { broadcast: { self: true, ack: true } },
    });
    const inbox = broadcasts(channel);
    await joined(channel);

    expect(await channel.send({ type: 'broadcast', event: 'hi', payload: {} })).toBe('ok');
    expect(await inbox.next()).toMatchObject({ event: 'hi' });
  });

  it('stays in its room: public and private channels of one name are different ones', async () => {
    const name = topic();
    const token = await fixture.token(randomUUID());
    const open = (await fixture.client(token, vsn)).channel(name);
    const closed = (await fixture.client(token, vsn)).channel(name, { config: { private: true } });
    const inbox = broadcasts(closed);
    await Promise.all([joined(open), joined(closed)]);

    await open.send({ type: 'broadcast', event: 'public', payload: {} });
    await closed.httpSend('private', { to: 'members' });

    expect(await inbox.next()).toMatchObject({ event: 'private' });
    expect(inbox.items).toHaveLength(1);
  });
});

describe('Broadcast', () => {
  it('carries bytes as bytes, and between the versions', async () => {
    const name = topic();
    const sender = (await fixture.client()).channel(name);
    const [modern, old] = [
      (await fixture.client()).channel(name),
      (await fixture.client(undefined, '1.0.0')).channel(name),
    ];
    const [bytes, texts] = [broadcasts(modern), broadcasts(old)];
    await Promise.all([sender, modern, old].map(joined));

    await sender.send({ type: 'broadcast', event: 'bytes', payload: new Uint8Array([0, 255, 7]).buffer });
    await sender.send({ type: 'broadcast', event: 'json', payload: { n: 1 } });

    const received = await bytes.next(({ event }) => event === 'bytes');
    expect([...new Uint8Array(received.payload as ArrayBuffer)]).toEqual([0, 255, 7]);
    expect(await texts.next(({ event }) => event === 'json')).toMatchObject({ payload: { n: 1 } });
    // Version 1.0.0 has no way to say bytes.
    expect(texts.items).toHaveLength(1);
  });

  it('refuses what is larger than a message may be', async () => {
    const channel = (await fixture.client()).channel(topic(), { config: { broadcast: { ack: true } } });
    await joined(channel);
    const payload = { text: 'x'.repeat(3_100_000) };
    expect(await channel.send({ type: 'broadcast', event: 'huge', payload })).toBe('error');
  });
});

describe('Private channels', () => {
  it('admit whom the policies of realtime.messages admit', async () => {
    const client = await fixture.client(await fixture.token(randomUUID()));
    await expect(joined(client.channel(topic(), { config: { private: true } }))).resolves.toBeDefined();
  });

  it.each(['secret:room', 'broken:room'])('refuse %s', async (name) => {
    const client = await fixture.client(await fixture.token(randomUUID()));
    await expect(joined(client.channel(name, { config: { private: true } }))).rejects.toThrow(
      `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`,
    );
  });

  it('refuse the anonymous key where only members are admitted', async () => {
    const client = await fixture.client();
    await expect(joined(client.channel(topic(), { config: { private: true } }))).rejects.toThrow(
      'Unauthorized',
    );
  });

  it('deliver nothing of somebody who may only read, and tell him so', async () => {
    const name = `read-only:${randomUUID()}`;
    const token = await fixture.token(randomUUID());
    const config = { private: true, broadcast: { ack: true } };
    const sender = (await fixture.client(token)).channel(name, { config });
    const receiver = (await fixture.client(token)).channel(name, { config });
    const inbox = broadcasts(receiver);
    await Promise.all([joined(sender), joined(receiver)]);

    expect(await sender.send({ type: 'broadcast', event: 'no', payload: {} })).toBe('error');
    expect(await sender.track({ name: 'nobody' })).toBe('error');
    await fixture.sql(`select realtime.send('{"n": 1}', 'yes', $1, true)`, [name]);

    expect(await inbox.next()).toMatchObject({ event: 'yes' });
    expect(inbox.items).toHaveLength(1);
  });

  it('close when the token expires, and say so', async () => {
    const client = await fixture.client(await fixture.token(randomUUID(), {}, 2));
    const channel = client.channel(topic(), { config: { private: true } });
    const messages = systemMessages(channel);
    await joined(channel);
    const message = await messages.next(({ status }) => status === 'error');
    expect(message).toMatchObject({ extension: 'system' });
    expect(message.message).toMatch(/^Token has expired \d+ seconds ago$/);
  });

  it('stay open with a new token, and close with one that admits no more', async () => {
    const client = await fixture.client(await fixture.token(randomUUID(), {}, 3));
    const channel = client.channel(topic(), { config: { private: true, broadcast: { self: true } } });
    const [messages, inbox] = [systemMessages(channel), broadcasts(channel)];
    await joined(channel);

    await client.signIn(await fixture.token(randomUUID()));
    // Past the end of the first token.
    await new Promise((resolve) => setTimeout(resolve, 3_200));
    await channel.send({ type: 'broadcast', event: 'still here', payload: {} });
    expect(await inbox.next()).toMatchObject({ event: 'still here' });

    await client.signIn(await fixture.token(randomUUID(), { role: 'anon' }));
    const { message } = await messages.next(({ status }) => status === 'error');
    expect(message).toContain('permission');
  }, 20_000);

  it('close with a token that is none', async () => {
    const client = await fixture.client(await fixture.token(randomUUID()));
    const channel = client.channel(topic(), { config: { private: true } });
    const messages = systemMessages(channel);
    await joined(channel);
    await client.signIn('not.a.token');
    expect((await messages.next(({ status }) => status === 'error')).message).toBe(
      'The token provided is not a valid JWT',
    );
  });
});

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
    expect(await sender.httpSend('kept too', { n: 2 }, { persist: { ttl: 60 } })).toEqual({ success: true });

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

describe('Presence', () => {
  const present = (channel: RealtimeChannel): string[] => Object.keys(channel.presenceState()).sort();

  async function join(
    name: string,
    key: string,
    token?: string,
  ): Promise<[RealtimeChannel, Inbox<string[]>]> {
    const client = await fixture.client(token);
    const channel = client.channel(name, { config: { presence: { key }, private: token !== undefined } });
    const syncs = new Inbox<string[]>();
    channel.on('presence', { event: 'sync' }, () => syncs.put(present(channel)));
    await joined(channel);
    return [channel, syncs];
  }

  it('shows who is there, what they changed, and who left', async () => {
    const name = topic();
    const [ada, adaSees] = await join(name, 'ada');
    const [bob, bobSees] = await join(name, 'bob');
    expect(await ada.track({ mood: 'fine' })).toBe('ok');
    expect(await bob.track({ mood: 'tired' })).toBe('ok');
    await Promise.all([adaSees, bobSees].map((sees) => sees.next((keys) => keys.length === 2)));

    await bob.track({ mood: 'awake' });
    await adaSees.next(() => JSON.stringify(ada.presenceState()).includes('awake'));
    expect(ada.presenceState().bob).toMatchObject([{ mood: 'awake' }]);

    await bob.untrack();
    await adaSees.next((keys) => keys.length === 1 && keys[0] === 'ada');
    expect(present(ada)).toEqual(['ada']);
  });

  it('forgets whose connection is lost', async () => {
    const name = topic();
    const [ada, adaSees] = await join(name, 'ada');
    const [bob] = await join(name, 'bob');
    await bob.track({});
    await adaSees.next((keys) => keys.includes('bob'));
    adaSees.items.splice(0);
    await bob.socket.disconnect();
    await adaSees.next((keys) => keys.length === 0);
    expect(present(ada)).toEqual([]);
  });

  it('shows two tabs of one user under one key', async () => {
    const name = topic();
    const [first, sees] = await join(name, 'ada');
    const [second] = await join(name, 'ada');
    await first.track({ tab: 1 });
    await second.track({ tab: 2 });
    await sees.next(() => first.presenceState().ada?.length === 2);
    expect(first.presenceState().ada).toMatchObject([{ tab: 1 }, { tab: 2 }]);
  });

  it('tells a newcomer who was there before', async () => {
    const name = topic();
    const [ada] = await join(name, 'ada');
    await ada.track({ since: 'ever' });
    const [bob, sees] = await join(name, 'bob');
    await sees.next((keys) => keys.includes('ada'));
    expect(bob.presenceState().ada).toMatchObject([{ since: 'ever' }]);
  });

  it('works on private channels, and hides itself where a policy says so', async () => {
    const token = await fixture.token(randomUUID());
    const open = topic();
    const [ada, sees] = await join(open, 'ada', token);
    await ada.track({});
    await sees.next((keys) => keys.includes('ada'));

    const [hidden, nothing] = await join(`topic:${randomUUID()}:hidden`, 'ada', token);
    expect(await hidden.track({})).toBe('ok');
    expect(nothing.items).toEqual([]);
  });

  it('refuses a presence that is no object', async () => {
    const [ada] = await join(topic(), 'ada');
    expect(await ada.track([1])).toBe('error');
  });
});
