import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ledgerViolations, setRate } from '../credits/rate.js';
import type { Api } from '../harness/api.js';
import { Caller, signUp, type Answer } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { until } from '../harness/until.js';

interface Problem {
  code: string;
}

const PRICE = 10;
const PATH = '/api/probe/ok';

// Sessions side by side: PGlite has one at a time.
const describeOnPostgres = process.env.TEST_POSTGRES_URL === undefined ? describe.skip : describe;

let api: Api;
/** Somebody else at the same database, in the middle of a transaction. */
let stranger: pg.Client;

describeOnPostgres('while somebody else holds a lock', () => {
  beforeAll(async () => {
    // Only where it runs: loading the application takes longer than most tests.
    const { startApiFromSource } = await import('../harness/api.js');
    const { ProbeModule } = await import('../credits/probe.js');
    // Two connections: one that waits is half of the pool.
    const small = { DATABASE_POOL_SIZE: '2', DATABASE_STATEMENT_TIMEOUT_MS: '500', LOG_LEVEL: 'silent' };
    api = await startApiFromSource(small, [ProbeModule]);
    stranger = new pg.Client({ connectionString: supabaseUnderTest().postgresUrl });
    await stranger.connect();
    await setRate(PATH, PRICE);
  });
  afterAll(async () => {
    await stranger.end();
    await api.close();
  });

  const during = async (lock: string, work: () => Promise<void>): Promise<void> => {
    await stranger.query('begin');
    try {
      await stranger.query(lock);
      await work();
    } finally {
      await stranger.query('rollback');
    }
  };
  const lockOf = (user: Caller): string =>
    `select from supanest.profiles where user_id = '${user.user?.id ?? randomUUID()}' for update`;
  const expectRefused = ({ status, headers, body }: Answer<Problem>): void => {
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
  };
  /** What stays of a user's charges once everything that is owed was given back. */
  const chargesOf = async (user: Caller): Promise<number> => {
    const [row] = await sql<{ used: number }>(
      'select credits_used::int as used from supanest.profiles where user_id = $1',
      [user.user?.id],
    );
    return (row?.used ?? 0) / PRICE;
  };

  it('should refuse the one whose balance it is, in time, and serve the others meanwhile', async () => {
    const [locked, other] = [await signUp(api.url), await signUp(api.url)];
    await during(lockOf(locked), async () => {
      const refused = locked.get<Problem>(PATH);
      await until(waitsForLock);
      expect((await other.get(PATH)).status).toBe(200);
      expectRefused(await refused);
    });
    await until(async () => (await locked.get(PATH)).status === 200);
    await until(async () => (await chargesOf(locked)) === 1);
    expect(await chargesOf(other)).toBe(1);
    expect(await ledgerViolations()).toEqual([]);
  });

  it('should refuse everybody in time when it is a whole table, tell that it runs, and charge nobody', async () => {
    const users = await Promise.all([1, 2, 3, 4].map(() => signUp(api.url)));
    await during('lock table supanest.profiles in access exclusive mode', async () => {
      const refused = users.map((user) => user.get<Problem>(PATH));
      await until(waitsForLock);
      expect((await new Caller(api.url).get('/api/health')).status).toBe(200);
      for (const answer of await Promise.all(refused)) expectRefused(answer);
    });
    for (const user of users) {
      await until(async () => (await user.get(PATH)).status === 200);
      await until(async () => (await chargesOf(user)) === 1);
    }
    expect(await ledgerViolations()).toEqual([]);
  });
});

async function waitsForLock(): Promise<boolean> {
  const rows = await sql(
    `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return rows.length > 0;
}
