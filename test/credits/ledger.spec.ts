import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { LedgerRepository } from '../../src/credits/ledger.repository.js';
import type { Posting } from '../../src/credits/ledger.types.js';
import { newOperationId } from '../../src/credits/operation-id.js';
import { Database } from '../../src/platform/database/database.service.js';
import { startCuttingProxy, type CuttingProxy } from '../harness/cutting-proxy.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

const SIGN_UP = 100;

describe.each(engines)('the ledger on $engine', ({ create }) => {
  let database: TestDatabase;
  let proxy: CuttingProxy;
  /** Two of each, as two processes would have. */
  let pools: Database[];
  let ledgers: LedgerRepository[];
  const sql: TestDatabase['sql'] = (text, params) => database.sql(text, params);

  const newProfiles = async (count: number): Promise<number[]> => {
    const users = Array.from({ length: count }, () => randomUUID());
    await sql('insert into auth.users (id, email) select u, u from unnest($1::uuid[]) u', [users]);
    const rows = await sql<{ id: number }>(
      'select id from supanest.profiles where user_id = any ($1) order by id',
      [users],
    );
    return rows.map(({ id }) => id);
  };
  const newProfile = async (): Promise<number> => (await newProfiles(1))[0] ?? 0;
  const ledger = (index = 0): LedgerRepository => {
    const chosen = ledgers[index % ledgers.length];
    if (!chosen) throw new Error('no ledger');
    return chosen;
  };
  const charge = (profileId: number, amount: number, operationId = newOperationId(), process = 0) =>
    ledger(process).charge({
      profileId,
      amount,
      operationId,
      path: '/api/x',
      endpoint: '/x',
      requestId: 'r',
    });
  const refund = (profileId: number, chargeOperationId: string, process = 0) =>
    ledger(process).refund({ profileId, chargeOperationId, reason: 'failed' });
  const adjust = (profileId: number, amount: number, process = 0) =>
    ledger(process).adjust({
      profileId,
      amount,
      operationId: newOperationId(),
      actor: randomUUID(),
      reason: 'a test',
    });
  const grant = (profileId: number, amount: number, process = 0) =>
    ledger(process).grant({ profileId, amount, operationId: newOperationId(), actor: null });
  const expectSound = async () => expect(await ledger().violations()).toEqual([]);

  beforeAll(async () => {
    database = await migrated(create);
    proxy = await startCuttingProxy(database.url);
    pools = [0, 1].map(() => new Database({ url: proxy.url, poolSize: 4 }));
    ledgers = pools.map((pool) => new LedgerRepository(pool));
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await proxy.close();
    await database.close();
  });

  it('should move credits and say what is left', async () => {
    const profileId = await newProfile();
    const id = newOperationId();
    expect(await charge(profileId, 30, id)).toMatchObject({ result: 'ok', balance: 70, replayed: false });
    expect(await charge(profileId, 71)).toEqual({
      result: 'insufficient',
      balance: 70,
      transactionId: null,
      replayed: false,
    });
    expect(await refund(profileId, id)).toMatchObject({ result: 'ok', balance: 100 });
    expect(await grant(profileId, 50)).toMatchObject({ result: 'ok', balance: 150 });
    expect(await adjust(profileId, -150)).toMatchObject({ result: 'ok', balance: 0 });
    expect(await adjust(profileId, -1)).toMatchObject({ result: 'insufficient', balance: 0 });
    expect(await adjust(profileId, 5)).toMatchObject({ result: 'ok', balance: 5 });
    expect(await ledger().balance(profileId)).toBe(5);
    expect(await ledger().summary(profileId)).toEqual({ totalAdded: 5, totalUsed: 0, currentBalance: 5 });
    await expectSound();
  });

  it('should page through the rows, newest first', async () => {
    const profileId = await newProfile();
    await newProfile();
    for (const amount of [1, 2, 3]) await charge(profileId, amount);
    const first = await ledger().transactions(profileId, { limit: 2 });
    expect(first.map(({ amount, balanceAfter, kind }) => [amount, balanceAfter, kind])).toEqual([
      [-3, 94, 'charge'],
      [-2, 97, 'charge'],
    ]);
    expect(first[0]).toMatchObject({ description: 'API request to /api/x', endpoint: '/x' });
    const next = await ledger().transactions(profileId, { limit: 10, before: first[1]?.id });
    expect(next.map(({ amount, kind }) => [amount, kind])).toEqual([
      [-1, 'charge'],
      [SIGN_UP, 'grant'],
    ]);
  });

  it('should write a movement once however often it is sent, from whichever process', async () => {
    const profileId = await newProfile();
    const id = newOperationId();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => charge(profileId, 10, id, n)));
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(answers.map(({ result, balance }) => [result, balance])).toEqual(answers.map(() => ['ok', 90]));
    const refunds = await Promise.all(Array.from({ length: 12 }, (_, n) => refund(profileId, id, n)));
    expect(refunds.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await ledger().balance(profileId)).toBe(SIGN_UP);
  });

  it('should refuse an operation id that belongs to another movement', async () => {
    const [mine = 0, theirs = 0] = await newProfiles(2);
    const id = newOperationId();
    await charge(mine, 10, id);
    expect(await charge(mine, 11, id)).toMatchObject({ result: 'conflict' });
    expect(await charge(theirs, 10, id)).toMatchObject({ result: 'conflict', balance: SIGN_UP });
  });

  it('should refund charges only, and only those of the profile', async () => {
    const [mine = 0, theirs = 0] = await newProfiles(2);
    const id = newOperationId();
    await charge(mine, 10, id);
    expect(await refund(theirs, id)).toMatchObject({ result: 'unknown_charge', balance: SIGN_UP });
    expect(await refund(mine, newOperationId())).toMatchObject({ result: 'unknown_charge' });
    const granted = newOperationId();
    await ledger().grant({ profileId: mine, amount: 5, operationId: granted, actor: null });
    expect(await refund(mine, granted)).toMatchObject({ result: 'unknown_charge' });
  });

  it('should know no other users, and keep balances exact in JSON', async () => {
    expect(await charge(2_000_000_000, 1)).toMatchObject({ result: 'unknown_user', balance: null });
    const profileId = await newProfile();
    expect(await grant(profileId, Number.MAX_SAFE_INTEGER)).toMatchObject({ result: 'too_large' });
    expect(await grant(profileId, Number.MAX_SAFE_INTEGER - SIGN_UP)).toMatchObject({
      balance: Number.MAX_SAFE_INTEGER,
    });
    expect(await grant(profileId, 1)).toMatchObject({
      result: 'too_large',
      balance: Number.MAX_SAFE_INTEGER,
    });
  });

  it('should decide items of one user in their order, so that a cheap one passes behind a dear one', async () => {
    const [mine = 0, theirs = 0] = await newProfiles(2);
    const answers = await Promise.all([
      charge(mine, 60),
      charge(theirs, 1),
      charge(mine, 60),
      charge(mine, 40),
      charge(mine, 1),
    ]);
    expect(answers.map(({ result, balance }) => [result, balance])).toEqual([
      ['ok', 40],
      ['ok', 99],
      ['insufficient', 40],
      ['ok', 0],
      ['insufficient', 0],
    ]);
  });

  it('should not let a faulty item fail its neighbours', async () => {
    const profiles = await newProfiles(8);
    const answers = await Promise.allSettled([
      ...profiles.map((profileId) => charge(profileId, 10)),
      charge(profiles[0] ?? 0, 0),
      charge(profiles[1] ?? 0, -5),
      charge(profiles[2] ?? 0, 1, 'no uuid'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      ...profiles.map(() => 'fulfilled'),
      'rejected',
      'rejected',
      'rejected',
    ]);
    for (const profileId of profiles) expect(await ledger().balance(profileId)).toBe(90);
  });

  it('should do, one after the other, what simple arithmetic does', async () => {
    const amount = fc.integer({ min: 1, max: 80 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('charge' as const), amount }),
      fc.record({ kind: fc.constant('grant' as const), amount }),
      fc.record({
        kind: fc.constant('adjust' as const),
        amount: fc.integer({ min: -80, max: 80 }).filter((n) => n !== 0),
      }),
      fc.record({ kind: fc.constant('refund' as const), amount: fc.nat(9) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const profileId = await newProfile();
        const charges: { id: string; amount: number; refunded: boolean }[] = [];
        let [balance, added, used] = [SIGN_UP, SIGN_UP, 0];
        for (const { kind, amount: n } of steps) {
          if (kind === 'charge') {
            const id = newOperationId();
            const { result } = await charge(profileId, n, id);
            expect(result).toBe(balance >= n ? 'ok' : 'insufficient');
            if (result === 'ok') {
              [balance, used] = [balance - n, used + n];
              charges.push({ id, amount: n, refunded: false });
            }
          } else if (kind === 'refund') {
            const given = charges[n];
            const { result } = await refund(profileId, given?.id ?? newOperationId());
            expect(result).toBe(given ? 'ok' : 'unknown_charge');
            if (given && !given.refunded) {
              [balance, used, given.refunded] = [balance + given.amount, used - given.amount, true];
            }
          } else {
            const { result } = await (kind === 'grant' ? grant(profileId, n) : adjust(profileId, n));
            expect(result).toBe(balance + n >= 0 ? 'ok' : 'insufficient');
            if (result === 'ok') [balance, added] = [balance + n, added + n];
          }
        }
        expect(await ledger().summary(profileId)).toEqual({
          totalAdded: added,
          totalUsed: used,
          currentBalance: balance,
        });
      }),
      { numRuns: 25 },
    );
    await expectSound();
  });

  it('should stay sound under anything at once, from two processes', async () => {
    const step = fc.record({
      kind: fc.constantFrom('charge', 'charge', 'charge', 'twice', 'refunded', 'grant', 'adjust'),
      user: fc.nat(4),
      amount: fc.integer({ min: 1, max: 60 }),
      process: fc.nat(1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 120 }), async (steps) => {
        const profiles = await newProfiles(5);
        /** What each acknowledged movement has changed. */
        const moved = new Map(profiles.map((profileId) => [profileId, SIGN_UP]));
        const count = (profileId: number, posting: Posting, by: number): void => {
          if (posting.result === 'ok' && !posting.replayed)
            moved.set(profileId, (moved.get(profileId) ?? 0) + by);
        };
        await Promise.all(
          steps.map(async ({ kind, user, amount, process }) => {
            const profileId = profiles[user] ?? 0;
            const id = newOperationId();
            if (kind === 'grant') {
              count(profileId, await grant(profileId, amount, process), amount);
              return;
            }
            if (kind === 'adjust') {
              count(profileId, await adjust(profileId, -amount, process), -amount);
              return;
            }
            const both = kind === 'twice' ? [process, process + 1] : [process];
            const postings = await Promise.all(both.map((p) => charge(profileId, amount, id, p)));
            postings.forEach((posting) => count(profileId, posting, -amount));
            if (kind !== 'refunded') return;
            const refunds = await Promise.all([
              refund(profileId, id, process),
              refund(profileId, id, process + 1),
            ]);
            refunds.forEach((posting) => count(profileId, posting, amount));
          }),
        );
        const rows = await sql<{ id: number; balance: string }>(
          'select id, credits_balance as balance from supanest.profiles where id = any ($1) order by id',
          [profiles],
        );
        expect(rows.map(({ id, balance }) => [id, Number(balance)])).toEqual([...moved]);
      }),
      { numRuns: 25 },
    );
    await expectSound();
  });

  it('should charge once and lose nothing while connections are cut', async () => {
    const profiles = await newProfiles(5);
    await sql(
      `select e.* from unnest($1::int[]) p, supanest.grant_credits(p, 1000000, gen_random_uuid()) e`,
      [profiles],
    );
    const ids = Array.from({ length: 1_000 }, () => newOperationId());
    const send = (id: string, n: number) => charge(profiles[n % profiles.length] ?? 0, 1, id, n);
    const settled: PromiseSettledResult<Posting>[] = [];
    let cuts = 0;
    for (let start = 0; start < ids.length; start += 50) {
      const wave = Promise.allSettled(ids.slice(start, start + 50).map((id, n) => send(id, start + n)));
      // Anywhere between sending the statement and hearing of its commit.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      cuts += proxy.cut();
      settled.push(...(await wave));
    }
    expect(cuts).toBeGreaterThan(0);

    const written = await sql<{ operation_id: string }>(
      'select operation_id from supanest.credit_transactions where operation_id = any ($1)',
      [ids],
    );
    const known = new Set(written.map(({ operation_id }) => operation_id));
    settled.forEach((answer, n) => {
      if (answer.status === 'fulfilled') expect(known.has(ids[n] ?? '')).toBe(true);
      else expect(answer.reason).toMatchObject({ kind: 'unavailable' });
    });
    const again = await Promise.all(ids.map(send));
    expect(again.every(({ result }) => result === 'ok')).toBe(true);
    const used = await Promise.all(profiles.map((profileId) => ledger().summary(profileId)));
    expect(used.map((summary) => summary?.totalUsed)).toEqual(
      profiles.map(() => ids.length / profiles.length),
    );
    await expectSound();
  }, 60_000);

  it('should settle what is pending when it is closed, and refuse what comes later', async () => {
    const [profileId = 0] = await newProfiles(1);
    const pool = new Database({ url: database.url, poolSize: 2 });
    const closing = new LedgerRepository(pool);
    const send = () =>
      closing.charge({ profileId, amount: 1, operationId: newOperationId(), path: '/', endpoint: '/' });
    const pending = Array.from({ length: 50 }, send);
    const closed = pool.close();
    await expect(send()).rejects.toMatchObject({ kind: 'unavailable' });
    await closed;
    expect((await Promise.all(pending)).every(({ result }) => result === 'ok')).toBe(true);
    expect(await ledger().balance(profileId)).toBe(50);
  });
});
