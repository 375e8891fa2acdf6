import { expect, it } from '@jest/globals';
import { newOperationId } from '../../../src/credits/operation-id.js';
import { SIGN_UP, type Ledgers } from './ledgers.js';

/** Single movements, and what is refused. */
export function movingCredits(ledgers: Ledgers): void {
  const { adjust, charge, expectSound, grant, ledger, newProfile, newProfiles, refund } = ledgers;

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
}
