import { expect, it } from '@jest/globals';
import { LedgerRepository } from '../../../src/credits/ledger.repository.js';
import type { Posting } from '../../../src/credits/ledger.types.js';
import { newOperationId } from '../../../src/credits/operation-id.js';
import { Database } from '../../../src/platform/database/database.service.js';
import type { Ledgers } from './ledgers.js';

/** Connections that are cut, and the end of a process. */
export function interruptions(ledgers: Ledgers): void {
  const { charge, expectSound, ledger, newProfiles, sql } = ledgers;

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
      cuts += ledgers.proxy.cut();
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
    const pool = new Database({ url: ledgers.url, poolSize: 2 });
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
}
