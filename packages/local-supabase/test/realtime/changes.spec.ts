import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresChangesFilter } from '@supabase/supabase-js';
import type { RealtimeChannel } from '@supabase/supabase-js';
import { Inbox, RealtimeFixture, joined, systemMessages } from './realtime.fixture.ts';

interface Change {
  readonly eventType: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly schema: string;
  readonly table: string;
  readonly new: Record<string, unknown>;
  readonly old: Record<string, unknown>;
  readonly errors: string[] | null;
  readonly commit_timestamp: string;
}

interface Wanted {
  event?: string;
  schema?: string;
  table?: string;
  filter?: unknown;
  select?: string[];
}

const fixture = new RealtimeFixture();

/** Joins a channel that listens to changes, and waits until they are subscribed. */
async function listen(wanted: Wanted[], token?: string): Promise<[Inbox<Change>, RealtimeChannel]> {
  const channel = (await fixture.client(token)).channel(randomUUID());
  const inbox = new Inbox<Change>();
  for (const one of wanted) {
    const filter = { event: '*', schema: 'public', ...one } as { event: '*'; schema: string };
    channel.on('postgres_changes', filter, (change) => inbox.put(change as unknown as Change));
  }
  const system = systemMessages(channel);
  await joined(channel);
  const { message } = await system.next(({ extension }) => extension === 'postgres_changes');
  if (message !== 'Subscribed to PostgreSQL') throw new Error(message);
  return [inbox, channel];
}

/** Everything that was delivered before a change that is known to be delivered. */
async function delivered(inbox: Inbox<Change>, last: (change: Change) => boolean): Promise<Change[]> {
  await inbox.next(last);
  return inbox.items;
}

beforeAll(
  () =>
    fixture.start(`
      create table public.items (
        id int primary key, value text, amount numeric, tags text[], at timestamp, big bigint, data jsonb,
        hidden text, created_at timestamptz);
      create table public.notes (id int primary key, owner uuid, body text);
      alter table public.notes enable row level security;
      create policy own on public.notes for select to authenticated using (owner = auth.uid());
      create table public.whole (id int primary key, value text);
      alter table public.whole replica identity full;
      create table public.keyless (value text);
      create table public.quiet (id int primary key);
      create table public."Odd Name" (id int primary key, "Some Value" text);
      create table public.picky (id int primary key);
      alter table public.picky enable row level security;
      create policy picky on public.picky for select using (1 / (id - id) = 1);
      revoke select on public.items from anon;
      grant select (id, value, amount, tags, at, big, data, created_at) on public.items to anon;
      alter publication supabase_realtime add table
        public.items, public.notes, public.whole, public.keyless, public."Odd Name", public.picky;`),
  120_000,
);
afterEach(() => fixture.leaveAll());
afterAll(() => fixture.stop());

describe('postgres_changes', () => {
  it('tells of inserts, updates and deletes, in the order of the commits, with typed values', async () => {
    const [inbox] = await listen([{ table: 'items' }]);
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
    const [updates] = await listen([{ table: 'items', event: 'UPDATE' }]);
    const [both] = await listen([
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

  it('tells the whole old row with REPLICA IDENTITY FULL', async () => {
    const [inbox] = await listen([{ table: 'whole' }]);
    await fixture.sql(`insert into whole values (1, 'before')`);
    await fixture.sql(`update whole set value = 'after'`);
    await fixture.sql('delete from whole');
    expect(await delivered(inbox, ({ eventType }) => eventType === 'DELETE')).toMatchObject([
      {},
      { old: { id: 1, value: 'before' }, new: { value: 'after' } },
      { old: { id: 1, value: 'after' } },
    ]);
  });

  it('tells of a transaction all or nothing', async () => {
    const [inbox] = await listen([{ table: 'items' }]);
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
    const [inbox] = await listen([{ table: 'items' }]);
    await fixture.sql(`insert into items (id, value) values (4, repeat('x', 1100000))`);
    const [change] = await delivered(inbox, () => true);
    expect(change?.errors).toEqual(['Error 413: Payload Too Large']);
    expect(change?.new).toMatchObject({ id: 4 });
    expect(change?.new).not.toHaveProperty('value');
    await fixture.sql('delete from items');
  });

  it('sends only selected columns and the key', async () => {
    const [inbox] = await listen([{ table: 'items', select: ['value'] }]);
    await fixture.sql(`insert into items (id, value, amount) values (5, 'v', 1)`);
    const [change] = await delivered(inbox, () => true);
    expect(change?.new).toEqual({ id: 5, value: 'v' });
    await fixture.sql('delete from items');
  });

  it('listens to all tables of a schema, also to those published later', async () => {
    const [inbox] = await listen([{ table: '*' }]);
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
    const [, channel] = await listen([{ table: 'items' }]);
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
    const [inbox] = await listen([{ table: 'items', event: 'INSERT', filter }, { table: 'whole' }]);
    await fixture.sql(rows);
    await fixture.sql(`insert into whole values (99)`);
    const changes = await delivered(inbox, ({ table }) => table === 'whole');
    const ids = changes.filter(({ table }) => table === 'items').map(({ new: row }) => row.id);
    expect(ids).toEqual(expected);
    await fixture.sql('delete from items; delete from whole');
  });

  it('of deletes see the key only', async () => {
    const [inbox] = await listen([{ table: 'items', event: 'DELETE', filter: 'id=eq.2' }]);
    const [blind] = await listen([
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
    ['code in a value', { table: 'items', filter: `id=eq.1); drop table items; --` }, 'invalid input syntax'],
    ['an unknown selected column', { table: 'items', select: ['nope'] }, 'invalid column for select nope'],
    [
      'a selection from all tables',
      { table: '*', select: ['id'] },
      'Column selection is not supported for wildcard',
    ],
  ])('refuse %s, and say why', async (_what, wanted, reason) => {
    await expect(listen([wanted])).rejects.toThrow(reason);
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

describe('Row-level security of postgres_changes', () => {
  it('shows each user his own rows, and the service key all', async () => {
    const [ada, bob] = [randomUUID(), randomUUID()];
    const [adaSees] = await listen([{ table: 'notes' }, { table: 'whole' }], await fixture.token(ada));
    const [bobSees] = await listen([{ table: 'notes' }, { table: 'whole' }], await fixture.token(bob));
    const [anonymous] = await listen([{ table: 'notes' }, { table: 'whole' }]);
    const [service] = await listen([{ table: 'notes' }, { table: 'whole' }], fixture.supabase.serviceRoleKey);
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
    const [inbox] = await listen([{ table: 'notes' }], await fixture.token(ada));
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
    const [inbox] = await listen([{ table: 'notes' }], await fixture.token(randomUUID()));
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
    const [inbox] = await listen([{ table: 'picky' }]);
    await fixture.sql('insert into picky values (1)');
    const [change] = await delivered(inbox, () => true);
    expect(change?.errors).toEqual(['Error 500: Internal Server Error, RLS policy evaluation failed']);
    expect(change?.new).toEqual({});
  });

  it('cannot tell rows without a primary key', async () => {
    const [inbox] = await listen([{ table: 'keyless' }]);
    await fixture.sql(`insert into keyless values ('x')`);
    const [change] = await delivered(inbox, () => true);
    expect(change?.errors).toEqual(['Error 400: Bad Request, no primary key']);
  });

  it('says that the key of a row may not be selected', async () => {
    await fixture.sql('revoke select on whole from anon; grant select (value) on whole to anon');
    const [inbox] = await listen([{ table: 'whole' }]);
    await fixture.sql(`insert into whole values (7, 'x')`);
    const [change] = await delivered(inbox, () => true);
    expect(change?.errors).toEqual(['Error 401: Unauthorized']);
    await fixture.sql('grant select on whole to anon; delete from whole');
  });
});
