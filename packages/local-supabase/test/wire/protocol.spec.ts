import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import postgres from 'postgres';
import { copyIn } from './copy.in.ts';
import { PostgresFixture, value } from './postgres.fixture.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(30_000);

describe('The wire protocol', () => {
  const fixture = new PostgresFixture();
  beforeAll(() => fixture.start(), 60_000);
  afterAll(() => fixture.stop());

  function refused(config: pg.ClientConfig): Promise<unknown> {
    return fixture.connect(config).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** A socket that says these bytes; answers with what came back until it was closed. */
  async function say(...messages: Buffer[]): Promise<string> {
    const { port } = new URL(fixture.url);
    const socket: Socket = connect(Number(port), '127.0.0.1');
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    for (const message of messages) socket.write(message);
    await once(socket, 'close');
    return Buffer.concat(heard).toString('latin1');
  }

  describe('at the door', () => {
    it.each([
      ['a wrong password', { password: 'wrong' }, '28P01'],
      ['an unknown user', { user: 'nobody' }, '28P01'],
      ['an unknown database', { database: 'elsewhere' }, '3D000'],
      ['a role without login', { user: 'anon' }, '28P01'],
      ['a bad setting', { options: '-c work_mem=lots' }, '22023'],
    ])('should refuse %s', async (_what, config, code) => {
      const { port } = new URL(fixture.url);
      const base = {
        host: '127.0.0.1',
        port: Number(port),
        user: 'postgres',
        password: 'postgres',
        database: 'postgres',
      };
      const client = new pg.Client({ ...base, ...config });
      await expect(client.connect()).rejects.toMatchObject({ code });
    });

    it('should let a role in that was created with a password, as itself', async () => {
      const admin = await fixture.connect();
      await admin.query(
        `create role app login password 'p$ss wörd'; alter role app set timezone to 'Asia/Tokyo'`,
      );
      const { port } = new URL(fixture.url);
      const config = {
        connectionString: undefined,
        host: '127.0.0.1',
        port: Number(port),
        database: 'postgres',
      };
      const client = await fixture.connect({ ...config, user: 'app', password: 'p$ss wörd' });
      expect(await value(client, `select session_user || ' ' || current_setting('timezone')`)).toBe(
        'app Asia/Tokyo',
      );
      await expect(client.query('select * from pg_authid')).rejects.toMatchObject({ code: '42501' });
      expect(await refused({ ...config, user: 'app', password: 'postgres' })).toMatchObject({
        code: '28P01',
      });
    });

    it('should survive rubbish', async () => {
      expect(await say(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toContain('08P01');
      expect(await say(Buffer.from([0, 0, 0, 8, 0, 9, 0, 0]))).toContain('0A000');
      expect(await say(Buffer.from([0, 0, 0, 3, 0, 0, 0, 0]))).toContain('08P01');
      expect(await say(Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]))).toContain('28000');
      expect(await value(await fixture.connect(), 'select 1')).toBe(1);
    });
  });

  describe('COPY', () => {
    it('should work in both directions, and many megabytes', async () => {
      const sql = postgres(fixture.url, { max: 1 });
      const watcher = await fixture.connect();
      try {
        await sql`create table big (id int, text text)`;
        const line = 'x'.repeat(1000);
        const lines = function* (): Generator<string> {
          for (let id = 0; id < 8_000; id += 1) yield `${id}\t${line}\n`;
        };
        const target = await sql`copy big from stdin`.writable();
        await pipeline(Readable.from(lines()), target);
        expect(await value(watcher, 'select sum(length(text))::int from big')).toBe(8_000_000);
        let size = 0;
        for await (const chunk of await sql`copy big to stdout`.readable()) size += (chunk as Buffer).length;
        expect(size).toBeGreaterThan(8_000_000);
        expect(await value(watcher, 'select count(*)::int from big')).toBe(8_000);
      } finally {
        await sql.end();
      }
    });

    it('should report bad data and go on', async () => {
      const client = await fixture.connect();
      await client.query('create table numbers (n int)');
      await expect(copyIn(client, 'copy numbers from stdin', ['1\n', 'two\n', '3\n'])).rejects.toMatchObject({
        code: '22P02',
      });
      expect(await value(client, 'select count(*)::int from numbers')).toBe(0);
      await copyIn(client, 'copy numbers from stdin', ['1\n', '2\n']);
      expect(await value(client, 'select count(*)::int from numbers')).toBe(2);
    });

    it('should end when the client goes away in the middle', async () => {
      const sql = postgres(fixture.url, { max: 1 });
      const watcher = await fixture.connect();
      await watcher.query('create table half (n int)');
      const target = await sql`copy half from stdin`.writable();
      target.on('error', () => undefined);
      target.write('1\n');
      await sql.end({ timeout: 0 });
      expect(await value(watcher, 'select count(*)::int from half')).toBe(0);
    });
  });

  describe('cancelling', () => {
    const failureOf = (query: Promise<unknown>): Promise<unknown> =>
      query.then(
        () => undefined,
        (error: unknown) => error,
      );
    const pidOf = (client: pg.Client) => client as unknown as { processID: number; secretKey: number };

    async function cancel(client: pg.Client, secret = pidOf(client).secretKey): Promise<void> {
      const request = Buffer.alloc(16);
      request.writeInt32BE(16, 0);
      request.writeInt32BE(80877102, 4);
      request.writeInt32BE(pidOf(client).processID, 8);
      request.writeInt32BE(secret, 12);
      await say(request);
    }

    it('should cancel a statement that sleeps', async () => {
      const client = await fixture.connect();
      const failure = failureOf(client.query('select pg_sleep(60)'));
      await cancel(client, pidOf(client).secretKey + 1);
      await cancel(client);
      expect(await failure).toMatchObject({
        code: '57014',
        message: 'canceling statement due to user request',
      });
      expect(await value(client, 'select 1')).toBe(1);
    });

    it('should cancel one that waits in line', async () => {
      const [owner, waiting] = [await fixture.connect(), await fixture.connect()];
      await owner.query('begin');
      const failure = failureOf(waiting.query('select 1'));
      await cancel(waiting);
      expect(await failure).toMatchObject({ code: '57014' });
      await owner.query('commit');
      expect(await value(waiting, 'select 2')).toBe(2);
    });

    it('should cancel one that never looks up, and keep what the others have', async () => {
      const [stuck, other] = [await fixture.connect(), await fixture.connect()];
      await other.query(`set my.thing = 'kept'; create table kept (n int); insert into kept values (1)`);
      await other.query({ name: 'kept', text: 'select n from kept' });
      await other.query('listen still');
      const failure = failureOf(stuck.query('do $$ begin loop null; end loop; end $$'));
      // Until it loops; a request that comes before is another case.
      await new Promise((resolve) => setTimeout(resolve, 200));
      await cancel(stuck);
      expect(await failure).toMatchObject({ code: '57014' });
      expect(await value(stuck, 'select 1')).toBe(1);
      expect((await other.query({ name: 'kept', text: 'select n from kept' })).rows).toEqual([{ n: 1 }]);
      expect(await value(other, `select current_setting('my.thing')`)).toBe('kept');
      const heard = once(other, 'notification');
      await stuck.query('notify still');
      await heard;
    }, 20_000);

    it('should honour statement_timeout', async () => {
      const client = await fixture.connect({ statement_timeout: 100 });
      await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({
        code: '57014',
        message: 'canceling statement due to statement timeout',
      });
      await client.query('set statement_timeout = 0');
      expect(await value(client, 'select 1 from pg_sleep(0.2)')).toBe(1);
      await client.query(`begin; set local statement_timeout = '50ms'`);
      await expect(client.query('select pg_sleep(60)')).rejects.toMatchObject({ code: '57014' });
      await client.query('rollback');
      expect(await value(client, 'select 1 from pg_sleep(0.1)')).toBe(1);
    });

    it('should not let an open transaction block for ever', async () => {
      const [idle, other] = [await fixture.connect(), await fixture.connect()];
      await other.query('create table open (n int)');
      await idle.query(`set idle_in_transaction_session_timeout = '200ms'`);
      const ended = once(idle, 'error');
      await idle.query('begin; insert into open values (1)');
      expect(await value(other, 'select count(*)::int from open')).toBe(0);
      expect((await ended)[0]).toMatchObject({ code: '25P03' });
    });
  });

  it.each([
    [
      'endless recursion',
      'create function deep(n int) returns int language plpgsql as $$ begin return deep(n + 1); end $$; select deep(1)',
      '54001',
    ],
    ['deep JSON', `select (repeat('[', 300000))::json`, '22P02'],
    ['a program', `copy (select 1) to program 'ls'`, 'XX000'],
    ['a library that is not there', `create subscription s connection 'host=nowhere' publication p`, '58P01'],
  ])('should survive %s', async (_what, sql, code) => {
    const [client, other] = [await fixture.connect(), await fixture.connect()];
    await other.query(`set my.thing = 'kept'`);
    await expect(client.query(sql)).rejects.toMatchObject({ code });
    await client.query(`do $$ begin perform 1; end $$`);
    expect(await value(other, `select current_setting('my.thing')`)).toBe('kept');
  });

  it('should allow the recursion that Postgres allows', async () => {
    const client = await fixture.connect();
    await client.query(`
      create function down(n int) returns int language plpgsql as $$
      begin if n = 0 then return 0; end if; return 1 + down(n - 1); end $$`);
    expect(await value(client, 'select down(500)')).toBe(500);
  });

  it('should send large results without loss', async () => {
    const client = await fixture.connect();
    const { rows } = await client.query<{ t: string }>(
      `select repeat('y', 1000000) as t from generate_series(1, 20)`,
    );
    expect(rows.reduce((sum, { t }) => sum + t.length, 0)).toBe(20_000_000);
  });

  it('should answer errors in the middle of a pipeline like Postgres', async () => {
    const sql = postgres(fixture.url, { max: 1 });
    try {
      const results = await Promise.allSettled([
        sql`select 1 as n`,
        sql`select 1 / ${0}::int`,
        sql`select * from nowhere`,
        sql`select 2 as n`,
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    } finally {
      await sql.end();
    }
  });

  it('should keep the HTTP side free while a statement runs', async () => {
    const client = await fixture.connect();
    const busy = client.query('select count(*) from generate_series(1, 3000000)');
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await busy;
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  it('should report changed settings to the client that changed them', async () => {
    const client = await fixture.connect();
    const reported: string[] = [];
    (client as unknown as { connection: NodeJS.EventEmitter }).connection.on(
      'parameterStatus',
      ({ parameterName, parameterValue }: { parameterName: string; parameterValue: string }) =>
        reported.push(`${parameterName}=${parameterValue}`),
    );
    await client.query(`set timezone to 'Asia/Tokyo'`);
    expect(reported).toEqual(['TimeZone=Asia/Tokyo']);
  });
});
