import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { signUp, type Caller } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { EventSource } from '../harness/event-source.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

const TABLE = `watched_${randomUUID().slice(0, 8)}`;
const MINE = `mine-${randomUUID()}`;

let api: Api;
let ada: Caller;
let bob: Caller;

beforeAll(async () => {
  api = await startApi();
  [ada, bob] = await Promise.all([signUp(api.url), signUp(api.url)]);
  const adaId = ada.user?.id ?? '';
  await sql(`
    create table public.${TABLE} (id int primary key, owner uuid, body text);
    alter table public.${TABLE} enable row level security;
    grant all on public.${TABLE} to authenticated;
    create policy "owner only" on public.${TABLE} for all to authenticated using (owner = auth.uid());
    alter publication supabase_realtime add table public.${TABLE};
    create policy "read ${MINE}" on realtime.messages for select to authenticated
      using (realtime.topic() = '${MINE}' and auth.uid() = '${adaId}');
    create policy "write ${MINE}" on realtime.messages for insert to authenticated
      with check (realtime.topic() = '${MINE}' and auth.uid() = '${adaId}');`);
});
afterAll(async () => {
  await api.close();
  await sql(`drop table public.${TABLE}`);
  await sql(`drop policy "read ${MINE}" on realtime.messages`);
  await sql(`drop policy "write ${MINE}" on realtime.messages`);
});

describe.each(representations)('$prefix/realtime', ({ prefix, invalid }) => {
  const at = (path = ''): string => `${prefix}/realtime/subscriptions${path}`;
  const first = prefix === '/api' ? 1 : 11;

  async function stream(caller: Caller, body: object): Promise<EventSource> {
    const { subscription_id: id } = resourceOf<{ subscription_id: string }>(await caller.post(at(), body));
    return EventSource.open(caller, at(`/${id}/events`));
  }

  it('should bring the row changes that row-level security lets the caller see', async () => {
    const postgres_changes = { schema: 'public', table: TABLE };
    const source = await stream(ada, { channel: `rows-${randomUUID()}`, postgres_changes });
    const inserts = await stream(ada, {
      channel: `rows-${randomUUID()}`,
      event: 'INSERT',
      postgres_changes: { ...postgres_changes, filter: 'body=eq.second' },
    });
    await sql(`insert into public.${TABLE} values ($1, $2, 'foreign')`, [first, bob.user?.id]);
    await sql(`insert into public.${TABLE} values ($1, $2, 'first')`, [first + 1, ada.user?.id]);
    await sql(`update public.${TABLE} set body = 'second' where id = $1`, [first + 1]);
    await sql(`insert into public.${TABLE} values ($1, $2, 'second')`, [first + 2, ada.user?.id]);

    const rows = (await source.atLeast(3)).map(({ data }) => data);
    expect(rows).toMatchObject([
      { type: 'postgres_changes', event: 'INSERT', payload: { table: TABLE, new: { body: 'first' } } },
      { type: 'postgres_changes', event: 'UPDATE', payload: { new: { id: first + 1, body: 'second' } } },
      { type: 'postgres_changes', event: 'INSERT', payload: { new: { id: first + 2 } } },
    ]);
    const [only] = await inserts.atLeast(1);
    expect(only?.data).toMatchObject({ event: 'INSERT', payload: { new: { id: first + 2 } } });
    expect(inserts.events).toHaveLength(1);
    source.close();
    inserts.close();
    await ada.delete(at());
  });

  it.each([
    ['a table that does not exist', { table: 'no_such_table' }],
    ['a filter that is none', { table: TABLE, filter: 'rubbish' }],
    ['a filter on a column that does not exist', { table: TABLE, filter: 'nothing=eq.1' }],
  ])(
    "should refuse row changes of %s with Supabase's reason, and leave nothing",
    async (_, postgres_changes) => {
      const answer = await bob.post(at(), { channel: 'rows', postgres_changes });
      expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      expect(errorOf(answer).detail.length).toBeGreaterThan(10);
      expect(resourceOf(await bob.get(at()))).toEqual([]);
    },
  );

  it('should open a private channel to whom its policies let in, and to nobody else', async () => {
    const source = await stream(ada, { channel: MINE, private: true });
    const path = `${prefix}/realtime/channels/${MINE}/broadcast`;
    const refusedRead = await bob.post(at(), { channel: MINE, private: true });
    expect(errorOf(refusedRead)).toEqual({
      status: 403,
      code: 'PERMISSION_DENIED',
      detail: `You do not have permissions to read from this Channel topic: ${MINE}`,
    });
    const message = { event: 'message', private: true };
    const refusedWrite = await bob.post(path, { ...message, payload: { text: 'forged' } });
    expect(errorOf(refusedWrite)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
    expect((await ada.post(path, { ...message, payload: { text: 'mine' } })).status).toBe(202);
    const events = await source.atLeast(1);
    expect(events.map(({ data }) => data.payload)).toEqual([{ text: 'mine' }]);
    expect(resourceOf(await bob.get(at()))).toEqual([]);
    source.close();
    await ada.delete(at());
  });
});
