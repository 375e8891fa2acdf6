import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import postgres from 'postgres';
import { PostgresFixture, value } from './postgres.fixture.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(30_000);

describe('Sessions on one backend', () => {
  const fixture = new PostgresFixture();
  beforeAll(() => fixture.start(), 60_000);
  afterAll(() => fixture.stop());

  it('should keep the settings of each session apart', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await a.query(
      `set search_path to auth; set timezone to 'Asia/Tokyo'; select set_config('my.name', 'a', false)`,
    );
    await b.query(`set application_name to 'b'`);
    expect(await value(b, 'show search_path')).toBe('"$user", public, extensions');
    expect(await value(b, 'show timezone')).toBe('UTC');
    expect(await value(b, `select coalesce(current_setting('my.name', true), '')`)).toBe('');
    expect(await value(a, 'show search_path')).toBe('auth');
    expect(await value(a, 'show timezone')).toBe('Asia/Tokyo');
    expect(await value(a, `select current_setting('my.name')`)).toBe('a');
    expect(await value(a, 'show application_name')).toBe('');
    expect(await value(b, 'show application_name')).toBe('b');
  });

  it('should keep a role to the session that set it', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await a.query('set role anon');
    expect(await value(b, 'select current_user')).toBe('postgres');
    expect(await value(a, 'select current_user')).toBe('anon');
    await a.query('reset role');
    expect(await value(a, 'select current_user')).toBe('postgres');
  });

  it('should go back to who logged in', async () => {
    const a = await fixture.connect();
    for (const back of ['reset session authorization', 'set session authorization default', 'discard all']) {
      await a.query('set session authorization anon');
      expect(await value(a, 'select session_user')).toBe('anon');
      await a.query(back);
      expect(await value(a, 'select session_user')).toBe('postgres');
    }
  });

  it('should keep what a session started with through RESET ALL and DISCARD ALL', async () => {
    const a = await fixture.connect({
      options: '-c my.tenant=seven -c statement_timeout=9s',
      application_name: 'tool',
    });
    const b = await fixture.connect();
    expect(await value(a, `select current_setting('my.tenant')`)).toBe('seven');
    await a.query(`set my.tenant = 'eight'; set work_mem = '1MB'`);
    expect(await value(b, 'show work_mem')).not.toBe('1MB');
    for (const [statement, others] of [
      ['reset all', 0],
      ['reset all', 1],
      ['discard all', 0],
      ['discard all', 1],
    ] as const) {
      await a.query(statement);
      // Whether or not another session has the backend in between.
      if (others > 0) expect(await value(b, 'select 1')).toBe(1);
      expect(await value(a, `select current_setting('my.tenant')`)).toBe('seven');
      expect(await value(a, 'show statement_timeout')).toBe('9s');
      expect(await value(a, 'show application_name')).toBe('tool');
      expect(await value(a, 'show search_path')).toBe('"$user", public, extensions');
    }
  });

  it('should undo settings of a transaction that is rolled back', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await a.query('begin');
    await a.query(`set timezone to 'Asia/Tokyo'`);
    await a.query('rollback');
    await b.query('select 1');
    expect(await value(a, 'show timezone')).toBe('UTC');
    await a.query(`begin; set local timezone to 'Asia/Tokyo'; commit`);
    expect(await value(a, 'show timezone')).toBe('UTC');
  });

  it('should keep prepared statements of equal names apart', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    const run = (client: typeof a, text: string) => client.query<{ v: number }>({ name: 'same', text });
    expect((await run(a, 'select 1 as v')).rows).toEqual([{ v: 1 }]);
    expect((await run(b, 'select 2 as v')).rows).toEqual([{ v: 2 }]);
    expect((await run(a, 'select 1 as v')).rows).toEqual([{ v: 1 }]);
    await b.query('deallocate all');
    expect((await run(a, 'select 1 as v')).rows).toEqual([{ v: 1 }]);
    await b.query('discard all');
    expect((await run(a, 'select 1 as v')).rows).toEqual([{ v: 1 }]);
  });

  it('should keep statements prepared in SQL apart', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await a.query('prepare mine(int) as select $1 + 1 as v');
    await b.query('prepare mine(int) as select $1 + 2 as v');
    expect(await value(a, 'execute mine(1)')).toBe(2);
    expect(await value(b, 'execute mine(1)')).toBe(3);
    await a.query('deallocate mine');
    await expect(a.query('execute mine(1)')).rejects.toMatchObject({ code: '26000' });
    expect(await value(b, 'execute mine(1)')).toBe(3);
  });

  it('should work with long statement names', async () => {
    const a = await fixture.connect();
    const name = 'n'.repeat(63);
    for (const text of ['select 1 as v', 'select 1 as v']) {
      expect((await a.query({ name, text })).rows).toEqual([{ v: 1 }]);
    }
  });

  it('should serialise transactions and lose none', async () => {
    const a = await fixture.connect();
    await a.query('create table counter (n int); insert into counter values (0)');
    const clients = await Promise.all(Array.from({ length: 8 }, () => fixture.connect()));
    await Promise.all(
      clients.map(async (client) => {
        for (let turn = 0; turn < 5; turn += 1) {
          await client.query('begin');
          const n = (await value(client, 'select n from counter')) as number;
          await client.query('update counter set n = $1', [n + 1]);
          await client.query('commit');
        }
      }),
    );
    expect(await value(a, 'select n from counter')).toBe(40);
  });

  it('should roll back what a lost connection left open', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await b.query('create table lost (n int)');
    await a.query('begin');
    await a.query('insert into lost values (1)');
    (a as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    expect(await value(b, 'select count(*)::int from lost')).toBe(0);
  });

  it('should bring notifications to every session that listens, and to no other', async () => {
    const [a, b, c] = [await fixture.connect(), await fixture.connect(), await fixture.connect()];
    const heard: string[] = [];
    const listen = (name: string, client: typeof a) =>
      client.on('notification', ({ channel, payload }) => heard.push(`${name}:${channel}:${payload ?? ''}`));
    listen('a', a);
    listen('b', b);
    listen('c', c);
    await a.query('listen news');
    await b.query('listen "News"; listen news');
    await c.query('begin; listen news; rollback');
    const gotIt = once(b, 'notification');
    await c.query(`select pg_notify('news', 'one')`);
    await gotIt;
    await a.query('unlisten news');
    const gotBoth = new Promise<void>((resolve) => {
      b.on('notification', ({ payload }) => payload === 'three' && resolve());
    });
    await c.query(`notify news, 'two'`);
    await c.query(`notify "News", 'three'`);
    await gotBoth;
    expect(heard.sort()).toEqual(['a:news:one', 'b:News:three', 'b:news:one', 'b:news:two']);
  });

  it('should drop the temporary tables of a session that ends', async () => {
    const [a, b] = [await fixture.connect(), await fixture.connect()];
    await a.query('create temporary table scratch (n int)');
    await a.end();
    await b.query('create temporary table scratch (n int)');
    expect(await value(b, 'select count(*)::int from scratch')).toBe(0);
  });

  it('should serve postgres.js with its prepared statements, cursors, transactions and subscriptions', async () => {
    const sql = postgres(fixture.url, { max: 4, onnotice: () => undefined });
    try {
      await sql`create table pairs (id int primary key, tags text[], data jsonb)`;
      await Promise.all(
        Array.from(
          { length: 20 },
          (_, id) => sql`insert into pairs values (${id}, ${['x', 'y']}, ${sql.json({ id })})`,
        ),
      );
      const seen: number[] = [];
      await sql`select id from pairs order by id`.cursor(7, (rows) => {
        seen.push(...rows.map((row) => row.id as number));
      });
      expect(seen).toEqual(Array.from({ length: 20 }, (_, id) => id));
      await expect(
        sql.begin(async (transaction) => {
          await transaction`delete from pairs`;
          throw new Error('changed my mind');
        }),
      ).rejects.toThrow('changed my mind');
      expect((await sql`select count(*)::int as n from pairs`)[0]).toEqual({ n: 20 });
      const heard = new Promise<string>((resolve) => void sql.listen('js', resolve));
      await sql.listen('ready', () => undefined);
      await sql.notify('js', 'hello');
      expect(await heard).toBe('hello');
    } finally {
      await sql.end();
    }
  });
});
