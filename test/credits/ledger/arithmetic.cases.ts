import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Posting } from '../../../src/credits/ledger.types.js';
import { newOperationId } from '../../../src/credits/operation-id.js';
import { SIGN_UP, type Ledgers } from './ledgers.js';

/** Any movements in any order, beside simple arithmetic. */
export function arithmetic(ledgers: Ledgers): void {
  const { adjust, charge, expectSound, grant, ledger, newProfile, newProfiles, refund, sql } = ledgers;

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
}
