import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import { isLockTimeout } from '../../src/platform/database/database-fault.js';
import { refusing } from '../../src/platform/database/constraints.js';
import { Database } from '../../src/platform/database/database.service.js';
import { conflict, notFound } from '../../src/platform/errors/errors.js';
import { certificateOfNobody } from '../harness/certificate-of-nobody.js';
import { startCuttingProxy } from '../harness/cutting-proxy.js';
import { startDyingPostgres } from '../harness/dying-postgres.js';
import { engines, itWithBackends, type TestDatabase } from '../harness/postgres.js';

/** A pooler that refuses settings in the startup packet, as PgBouncer does, and passes everything else on. */
async function startPooler(target: URL): Promise<{ server: Server; url: string; refused: () => number }> {
  let refused = 0;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (startup) => {
      if (startup.includes('statement_timeout')) {
        refused += 1;
        const fields = ['SFATAL', 'C08P01', 'Munsupported startup parameter: statement_timeout'];
        const body = Buffer.from(`${fields.join('\0')}\0\0`);
        const head = Buffer.alloc(5);
        head.write('E');
        head.writeInt32BE(body.length + 4, 1);
        client.end(Buffer.concat([head, body]));
        return;
      }
      const upstream = connect(Number(target.port), target.hostname);
      upstream.on('error', () => client.destroy());
      upstream.write(startup);
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return { server, url: url.href, refused: () => refused };
}

describe.each(engines)('Database on $engine', ({ create }) => {
  let server: TestDatabase;
  let database: Database;
  const pid = async (on: Database = database): Promise<number | undefined> =>
    (await on.query<{ pid: number }>('pid', 'select pg_backend_pid() as pid'))[0]?.pid;

  beforeAll(async () => {
    server = await create();
    await server.sql(
      'create table things (id int primary key, n bigint, constraint n_positive check (n > 0))',
    );
    await server.sql('insert into things values (1, 1)');
    database = new Database({ url: server.url, poolSize: 2, statementTimeoutMs: 1_000, lockTimeoutMs: 300 });
  });
  afterAll(async () => {
    await database.close();
    await server.close();
  });

  it('should give bigint as a number and refuse to round one', async () => {
    expect(await database.query('big', 'select 9007199254740991::bigint as n, count(*) from things')).toEqual(
      [{ n: Number.MAX_SAFE_INTEGER, count: 1 }],
    );
    await expect(database.query('huge', 'select 9007199254740993::bigint as n')).rejects.toThrow(RangeError);
    expect(await database.query('after', 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('should commit what succeeds and roll back what throws', async () => {
    await database.transaction((tx) => tx.query('add', 'insert into things values (2, 2)'));
    const before = await pid();
    await expect(
      database.transaction(async (tx) => {
        await tx.query('add', 'insert into things values (3, 3)');
        throw notFound();
      }),
    ).rejects.toMatchObject({ kind: 'not_found' });
    expect(await server.sql('select id from things order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    // The connection is still good, so it is kept.
    expect(await pid()).toBe(before);
  });

  it('should not call a transaction committed when a statement of it had failed', async () => {
    await expect(
      database.transaction((tx) => tx.query('bad', 'select 1 / 0').catch(() => [])),
    ).rejects.toMatchObject({ kind: 'internal' });
  });

  it('should turn constraints into errors of the product and leave the rest', async () => {
    const add = (n: number) =>
      database
        .query('add', 'insert into things values (9, $1)', [n])
        .catch(refusing({ n_positive: () => conflict('n must be positive') }));
    await expect(add(-1)).rejects.toMatchObject({ kind: 'conflict', detail: 'n must be positive' });
    await expect(database.query('syntax', 'selec 1')).rejects.toMatchObject({ code: '42601' });
  });

  it('should be unavailable when a statement takes too long, alone or in a transaction', async () => {
    await expect(database.query('slow', 'select pg_sleep(3)')).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(database.transaction((tx) => tx.query('slow', 'select pg_sleep(3)'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  itWithBackends('should be unavailable when a lock is not given, and say that it was a lock', async () => {
    await database.transaction(async (tx) => {
      await tx.query('lock', 'select from things where id = 1 for update');
      const waiting = database.query('wait', 'update things set n = 5 where id = 1').catch((e: unknown) => e);
      expect(isLockTimeout(await waiting)).toBe(true);
    });
  });

  it('should be unavailable when the connection is cut, and recover by itself', async () => {
    const proxy = await startCuttingProxy(server.url);
    const remote = new Database({ url: proxy.url, poolSize: 2 });
    await remote.query('warm', 'select 1');
    setTimeout(() => proxy.cut(), 50);
    await expect(remote.query('slow', 'select pg_sleep(0.3)')).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await remote.query('again', 'select 1 as one')).toEqual([{ one: 1 }]);
    await remote.close();
    await proxy.close();
  });

  itWithBackends(
    'should be unavailable when an operator ends the session, and recover by itself',
    async () => {
      const cut = database.transaction(async (tx) => {
        const [row] = await tx.query<{ pid: number }>('pid', 'select pg_backend_pid() as pid');
        await server.sql('select pg_terminate_backend($1)', [row?.pid]);
        return tx.query('after', 'select 1');
      });
      await expect(cut).rejects.toMatchObject({ kind: 'unavailable' });
      expect(await pid()).toBeGreaterThan(0);
    },
  );

  it('should be unavailable, and live on, when Postgres dies just when it has let it in', async () => {
    const dying = await startDyingPostgres();
    const visitor = new Database({ url: dying.url });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(visitor.query('one', 'select 1')).rejects.toMatchObject({ kind: 'unavailable' });
    }
    await visitor.close();
    await dying.close();
  });

  it('should be unavailable when nobody is there or nobody answers', async () => {
    const nobody = new Database({ url: 'postgresql://x@127.0.0.1:1/x' });
    await expect(pid(nobody)).rejects.toMatchObject({ kind: 'unavailable' });
    await nobody.close();

    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const { port } = deaf.address() as AddressInfo;
    const unanswered = new Database({ url: `postgresql://x@127.0.0.1:${port}/x`, connectTimeoutMs: 200 });
    await expect(pid(unanswered)).rejects.toMatchObject({ kind: 'unavailable' });
    await unanswered.close();
    deaf.close();
  });

  it('should be unavailable when the server is not the one that the certificate names', async () => {
    const impostor = createServer((socket) => {
      // Asked whether it speaks TLS.
      socket.once('data', () => {
        socket.write('S');
        new TLSSocket(socket, { isServer: true, ...certificateOfNobody }).on('error', () => undefined);
      });
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const { port } = impostor.address() as AddressInfo;
    const strict = new Database({ url: `postgresql://x@127.0.0.1:${port}/x?sslmode=verify-full` });
    await expect(pid(strict)).rejects.toMatchObject({ kind: 'unavailable' });
    await strict.close();
    impostor.close();
  });

  it('should refuse to wait for a connection for ever, or with too many others', async () => {
    const small = new Database({ url: server.url, poolSize: 1, maxWaiting: 1, connectTimeoutMs: 200 });
    await small.transaction(async () => {
      const first = pid(small).catch((error: unknown) => error);
      // The first one has joined the queue once its promise has run.
      await Promise.resolve();
      await expect(pid(small)).rejects.toMatchObject({ kind: 'unavailable', detail: /Too many/ });
      expect(await first).toMatchObject({ kind: 'unavailable' });
    });
    await small.close();
  });

  it('should work through a pooler that takes no settings at connect', async () => {
    const pooler = await startPooler(new URL(server.url));
    const pooled = new Database({ url: pooler.url, poolSize: 2, statementTimeoutMs: 500 });
    expect((await Promise.all([pid(pooled), pid(pooled), pid(pooled)])).every(Boolean)).toBe(true);
    expect(pooler.refused()).toBeGreaterThan(0);
    await expect(pooled.transaction((tx) => tx.query('slow', 'select pg_sleep(3)'))).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await pooled.close();
    pooler.server.close();
  });

  it('should prepare statements by name where told to', async () => {
    const prepared = new Database({ url: server.url, poolSize: 1, preparedStatements: true });
    const count = () => prepared.query('things.count', 'select count(*) from things');
    expect(await count()).toEqual(await count());
    const names = await prepared.query<{ name: string }>('names', 'select name from pg_prepared_statements');
    // PGlite's wire gives them names of its own.
    expect(names.length).toBeGreaterThanOrEqual(1);
    await prepared.close();
  });

  it('should finish what it began before it closes, then refuse', async () => {
    const closing = new Database({ url: server.url, poolSize: 1 });
    const drained: string[] = [];
    for (const name of ['cellar', 'failing', 'roof']) {
      closing.beforeClose(async () => {
        await closing.query('drain', 'select 1');
        if (name === 'failing') throw new Error('this one fails');
        drained.push(name);
      });
    }
    const running = closing.query('slow', 'select pg_sleep(0.2), 7 as seven');
    await Promise.all([closing.close(), closing.close()]);
    expect(await running).toMatchObject([{ seven: 7 }]);
    expect(drained).toEqual(['roof', 'cellar']);
    await expect(pid(closing)).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
