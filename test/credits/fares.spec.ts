import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { AdmissionRepository } from '../../src/credits/admission.repository.js';
import type { Admission, Fare } from '../../src/credits/admission.types.js';
import { newOperationId } from '../../src/credits/operation-id.js';
import { Database } from '../../src/platform/database/database.service.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

describe.each(engines)('fares on $engine', ({ create }) => {
  let database: TestDatabase;
  let pools: Database[];
  let doors: AdmissionRepository[];
  const sql: TestDatabase['sql'] = (text, params) => database.sql(text, params);

  beforeAll(async () => {
    database = await migrated(create);
    pools = [0, 1].map(() => new Database({ url: database.url, poolSize: 4 }));
    doors = pools.map((pool) => new AdmissionRepository(pool));
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await database.close();
  });

  /** One of two processes. */
  const door = (process: number): AdmissionRepository => {
    const chosen = doors[process % doors.length];
    if (!chosen) throw new Error('no door');
    return chosen;
  };
  const signUp = async (): Promise<{ userId: string; sessionId: string }> => {
    const [userId, sessionId] = [randomUUID(), randomUUID()];
    await sql('insert into auth.users (id, email) values ($1, $2)', [userId, userId]);
    await sql('insert into auth.sessions (id, user_id) values ($1, $2)', [sessionId, userId]);
    return { userId, sessionId };
  };
  const fare = async (price: number, change: Partial<Fare> = {}): Promise<Fare> => {
    const [row] = await sql<{ version: string }>('select version from supanest.configuration');
    return {
      price,
      version: Number(row?.version),
      operationId: newOperationId(),
      path: '/api/x',
      requestId: randomUUID(),
      ...change,
    };
  };
  const ledgerOf = async (userId: string): Promise<number[]> => {
    const rows = await sql<{ amount: string }>(
      `select t.amount from supanest.credit_transactions t
       join supanest.profiles p on p.id = t.profile_id where p.user_id = $1 order by t.id`,
      [userId],
    );
    return rows.map(({ amount }) => Number(amount));
  };
  const usedUp = (userId: string): Promise<object[]> =>
    sql(
      `insert into supanest.request_counters
       select 'user:' || id, (now() at time zone 'utc')::date, 100, 100, 0, 0 from supanest.profiles where user_id = $1
       on conflict (subject, day) do update set requests = excluded.requests`,
      [userId],
    );
  const sound = async (): Promise<void> =>
    expect(await sql('select * from supanest.ledger_violations()')).toEqual([]);

  it('should be paid with the admission, by one row that names the request', async () => {
    const user = await signUp();
    const paid = await fare(7, { path: '/api/paid' });
    expect(await door(0).admit({ ...user, fare: paid })).toMatchObject({
      verdict: 'admitted',
      used: 1,
      balanceAfter: 93,
    });
    const [row] = await sql(
      `select kind, amount::int, balance_after::int, description, endpoint, request_id
         from supanest.credit_transactions where operation_id = $1`,
      [paid.operationId],
    );
    expect(row).toEqual({
      kind: 'charge',
      amount: -7,
      balance_after: 93,
      description: 'API request to /api/paid',
      endpoint: '/api/paid',
      request_id: paid.requestId,
    });
  });

  it('should not be taken from whom nothing is to be taken, or who may be priced otherwise by now', async () => {
    const cases: [string, Partial<Fare>, Partial<Admission>][] = [
      ["update supanest.profiles set role = 'admin' where user_id = $1", {}, { verdict: 'admitted' }],
      [
        'update supanest.profiles set is_active = false where user_id = $1',
        {},
        { verdict: 'inactive', used: null },
      ],
      ['delete from auth.sessions where user_id = $1', {}, { verdict: 'session_revoked', used: null }],
      ['delete from auth.users where id = $1', {}, { verdict: 'unknown_user', used: null }],
      ['select $1::uuid', { version: 0 }, { verdict: 'admitted', used: 1 }],
      ['select $1::uuid', { price: 101 }, { verdict: 'admitted', used: 1 }],
    ];
    for (const [statement, change, expected] of cases) {
      const user = await signUp();
      await sql(statement, [user.userId]);
      const admission = await door(0).admit({ ...user, fare: await fare(1, change) });
      expect(admission).toMatchObject({ ...expected, balanceAfter: null });
      expect(await ledgerOf(user.userId)).toEqual([100]);
    }
    const late = await signUp();
    await usedUp(late.userId);
    expect(await door(0).admit({ ...late, fare: await fare(1) })).toMatchObject({
      verdict: 'over_limit',
      balanceAfter: null,
    });
    expect(await ledgerOf(late.userId)).toEqual([100]);
  });

  it('should be paid once for an operation, whichever process asks again', async () => {
    const user = await signUp();
    const same = await fare(5);
    expect((await door(0).admit({ ...user, fare: same })).balanceAfter).toBe(95);
    const admissions = await Promise.all(
      [0, 1].map((process) => door(process).admit({ ...user, fare: same })),
    );
    expect(admissions.map(({ balanceAfter }) => balanceAfter)).toEqual([null, null]);
    expect(await ledgerOf(user.userId)).toEqual([100, -5]);
  });

  it('should fail alone where one cannot be written', async () => {
    const [good, bad] = [await signUp(), await signUp()];
    const poisoned = await fare(-1);
    const answers = await Promise.allSettled([
      door(0).admit({ ...good, fare: await fare(1) }),
      door(0).admit({ ...bad, fare: poisoned }),
      door(0).admit({ ...good, fare: await fare(2) }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await ledgerOf(good.userId)).toEqual([100, -1, -2]);
    expect(await ledgerOf(bad.userId)).toEqual([100]);
  });

  it('should keep every balance true in any mixture of payers, prices and processes', async () => {
    const request = fc.record({
      who: fc.nat(3),
      price: fc.integer({ min: 1, max: 40 }),
      process: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 30 }), async (requests) => {
        const users = await Promise.all(Array.from({ length: 4 }, signUp));
        const template = await fare(1);
        const answers = await Promise.all(
          requests.map(async ({ who, price, process }) => {
            const user = users[who] ?? { userId: '' };
            const own = { ...template, price, operationId: newOperationId() };
            const { verdict, balanceAfter } = await door(process).admit({ ...user, fare: own });
            expect(verdict).toBe('admitted');
            return { userId: user.userId, price, balanceAfter };
          }),
        );
        for (const { userId } of users) {
          const mine = answers.filter((answer) => answer.userId === userId);
          const paid = mine.filter(({ balanceAfter }) => balanceAfter !== null);
          const rows = await ledgerOf(userId);
          expect(rows.slice(1).sort()).toEqual(paid.map(({ price }) => -price).sort());
          // Each balance that was answered is the one behind a row.
          const balances = rows.map((_, index) => rows.slice(0, index + 1).reduce((a, b) => a + b, 0));
          expect(balances.slice(1).sort()).toEqual(paid.map(({ balanceAfter }) => balanceAfter).sort());
          // Nobody is left unpaid who asked alone and could pay.
          if (mine.reduce((sum, { price }) => sum + price, 0) <= 100) expect(paid).toHaveLength(mine.length);
        }
        await sound();
      }),
      { numRuns: 15 },
    );
  });
});
